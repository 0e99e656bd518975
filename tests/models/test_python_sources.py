"""Where Python takes a client secret from: the source that an analysis names for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from cybrid_audit.facts import Facts

Run = Callable[[Mapping[str, str]], Facts]

MINT = """
import requests as _r
def mint(secret):
    return _r.post("https://id.sandbox.cybrid.app/oauth/token", json={"grant_type": "client_credentials", "client_id": "x", "client_secret": secret, "scope": "prices:read"}, timeout=9).json()
"""
VALUE = "zqXv8Lm2Rt5Wk9Yb3Nc7Hd1Pf6Gj4Sa0"

SOURCES = {
    "getenv": ("import os\nmint(os.getenv('CYBRID_SECRET'))", {("environment", "CYBRID_SECRET")}),
    "environ": ("import os\nmint(os.environ['CYBRID_SECRET'])", {("environment", "CYBRID_SECRET")}),
    "from os": ("from os import environ as env\nmint(env.get('CYBRID_SECRET'))", {("environment", "CYBRID_SECRET")}),
    "environment with a default": (
        f"import os\nmint(os.environ.get('S', '{VALUE}'))",
        {("environment", "S"), ("literal", "literal")},
    ),
    "environment or a literal": (
        f"import os\nmint(os.environ.get('S') or '{VALUE}')",
        {("environment", "S"), ("literal", "literal")},
    ),
    "KeyError": (
        f"import os\ntry:\n    s = os.environ['S']\nexcept KeyError:\n    s = '{VALUE}'\nmint(s)",
        {("environment", "S"), ("literal", "literal")},
    ),
    "variable set by the code": (
        f"import os\nos.environ.setdefault('S', '{VALUE}')\nmint(os.environ['S'])",
        {("environment", "S"), ("literal", "literal")},
    ),
    "decouple": (
        f"from decouple import config\nmint(config('S', default='{VALUE}', cast=str))",
        {("environment", "S"), ("literal", "literal")},
    ),
    "environs": (
        "from environs import Env\nenv = Env()\nenv.read_env()\nwith env.prefixed('CYBRID_'):\n    mint(env.str('SECRET'))",
        {("environment", "CYBRID_SECRET")},
    ),
    "django-environ": (
        "import environ\nenv = environ.Env(DEBUG=(bool, False))\nenviron.Env.read_env()\nmint(env('S'))",
        {("environment", "S")},
    ),
    "starlette": (
        "from starlette.config import Config\nfrom starlette.datastructures import Secret\nconfig = Config('.env')\nmint(str(config('S', cast=Secret)))",
        {("environment", "S")},
    ),
    "dotenv values": (
        "from dotenv import dotenv_values\nconfig = {**dotenv_values('.env')}\nmint(config['S'])",
        {("environment", "S")},
    ),
    "pydantic settings": (
        (
            "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import SecretStr\n"
            "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='CYBRID_', env_file='.env')\n    client_secret: SecretStr\n"
            "mint(Settings().client_secret.get_secret_value())"
        ),
        {("environment", "CYBRID_CLIENT_SECRET")},
    ),
    "nested settings": (
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import BaseModel\n"
            "class Cybrid(BaseModel):\n    client_secret: str\n"
            "class Settings(BaseSettings):\n    cybrid: Cybrid\n    class Config:\n        env_nested_delimiter = '__'\n"
            "mint(Settings().cybrid.client_secret)"
        ),
        {("environment", "CYBRID__CLIENT_SECRET")},
    ),
    "settings with an alias": (
        (
            "from pydantic_settings import BaseSettings\nfrom pydantic import Field, AliasChoices\n"
            "class Settings(BaseSettings):\n    secret: str = Field(validation_alias=AliasChoices('BANK_SECRET', 'OLD_SECRET'))\n"
            "settings = Settings()\nmint(settings.secret)"
        ),
        {("environment", "BANK_SECRET")},
    ),
    "settings of pydantic 1": (
        (
            "from pydantic import BaseSettings, Field\nfrom functools import lru_cache\n"
            "class Settings(BaseSettings):\n    secret: str = Field(..., env='BANK_SECRET')\n    class Config:\n        env_file = '.env'\n"
            "@lru_cache\ndef settings(): return Settings()\nmint(settings().secret)"
        ),
        {("environment", "BANK_SECRET")},
    ),
    "dynaconf": (
        "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix='CYBRID')\nmint(settings.client_secret)",
        {("environment", "CYBRID_CLIENT_SECRET")},
    ),
    "secrets manager": (
        "import boto3, json\nc = boto3.client('secretsmanager')\nmint(json.loads(c.get_secret_value(SecretId='prod/cybrid')['SecretString'])['secret'])",
        {("secrets manager", "prod/cybrid")},
    ),
    "parameter store": (
        "import boto3\nssm = boto3.session.Session().client('ssm')\nmint(ssm.get_parameter(Name='/cybrid/secret', WithDecryption=True)['Parameter']['Value'])",
        {("secrets manager", "/cybrid/secret")},
    ),
    "vault": (
        "import hvac\nv = hvac.Client(url='https://v')\nmint(v.secrets.kv.v2.read_secret_version(path='cybrid')['data']['data']['secret'])",
        {("secrets manager", "cybrid")},
    ),
    "google": (
        "from google.cloud import secretmanager\nc = secretmanager.SecretManagerServiceClient()\nmint(c.access_secret_version(name='projects/p/secrets/s/versions/1').payload.data.decode('UTF-8'))",
        {("secrets manager", "projects/p/secrets/s/versions/1")},
    ),
    "azure": (
        "from azure.keyvault.secrets import SecretClient\nfrom azure.identity import DefaultAzureCredential\nmint(SecretClient(vault_url='https://v', credential=DefaultAzureCredential()).get_secret('cybrid').value)",
        {("secrets manager", "cybrid")},
    ),
    "keyring": (
        "import keyring\nmint(keyring.get_password('cybrid', 'client-secret'))",
        {("secrets manager", "cybrid")},
    ),
    "powertools": (
        "from aws_lambda_powertools.utilities import parameters\nmint(parameters.get_secret('cybrid', transform='json')['secret'])",
        {("secrets manager", "cybrid")},
    ),
    "command": (
        "import subprocess\nmint(subprocess.check_output(['op', 'read', 'op://dev/cybrid/secret'], text=True).strip())",
        {("secrets manager", "op://dev/cybrid/secret")},
    ),
    "command that ran": (
        "import subprocess, json\nout = subprocess.run('sops -d secrets/cybrid.enc.json', shell=True, capture_output=True, check=True)\nmint(json.loads(out.stdout)['secret'])",
        {("encrypted file", "secrets/cybrid.enc.json")},
    ),
    "command that runs": (
        "from subprocess import Popen, PIPE\nout, _ = Popen(['vault', 'kv', 'get', '-field=secret', 'kv/cybrid'], stdout=PIPE).communicate()\nmint(out.decode())",
        {("secrets manager", "kv/cybrid")},
    ),
    "mounted": ("mint(open('/run/secrets/cybrid').read().strip())", {("secrets manager", "/run/secrets/cybrid")}),
    "mounted path": (
        "from pathlib import Path\nmint(Path('/run/secrets') .joinpath('cybrid').read_text().strip())",
        {("secrets manager", "/run/secrets/cybrid")},
    ),
    "file by variable": (
        "import os\nfrom pathlib import Path\nmint(Path(os.environ['SECRET_FILE']).read_text())",
        {("secrets manager", "SECRET_FILE")},
    ),
    "json file": (
        "import json\nwith open('cybrid.json') as f:\n    data = json.load(f)\nmint(data['secret'])",
        {("file", "cybrid.json.secret")},
    ),
    "yaml file": (
        "import yaml, pathlib\ndata = yaml.safe_load(pathlib.Path('conf.yml').read_text())\nmint(data['cybrid']['secret'])",
        {("file", "conf.yml.cybrid.secret")},
    ),
    "toml file": (
        "import tomllib\nwith open('conf.toml', 'rb') as f:\n    conf = tomllib.load(f)\nmint(conf['cybrid']['secret'])",
        {("file", "conf.toml.cybrid.secret")},
    ),
    "ini file": (
        "import configparser\nc = configparser.ConfigParser()\nc.read('conf.ini')\nmint(c['cybrid']['secret'])",
        {("file", "conf.ini cybrid.secret")},
    ),
    "ini by get": (
        "from configparser import ConfigParser\nc = ConfigParser()\nc.read(['conf.ini'])\nmint(c.get('cybrid', 'secret', fallback=None))",
        {("file", "conf.ini cybrid.secret")},
    ),
    "csv file": (
        "import csv\nfor row in csv.DictReader(open('keys.csv')):\n    mint(row['secret'])",
        {("file", "keys.csv.secret")},
    ),
    "sqlite": (
        "import sqlite3\ncon = sqlite3.connect('x.db')\nmint(con.execute('SELECT secret FROM tenants WHERE id = ?', (1,)).fetchone()[0])",
        {("database", "tenants")},
    ),
    "psycopg cursor": (
        "import psycopg2\nwith psycopg2.connect('dsn') as con, con.cursor() as cur:\n    cur.execute('SELECT secret FROM tenants')\n    mint(cur.fetchone()[0])",
        {("database", "database")},
    ),
    "django model": (
        "from django.db import models\nclass Tenant(models.Model):\n    secret = models.TextField()\nmint(Tenant.objects.get(pk=1).secret)",
        {("database", "Tenant.secret")},
    ),
    "django query": (
        "from django.db import models\nclass Tenant(models.Model):\n    secret = models.TextField()\nfor t in Tenant.objects.filter(active=True).order_by('id'):\n    mint(t.secret)",
        {("database", "Tenant.secret")},
    ),
    "sqlalchemy": (
        "from sqlalchemy import create_engine, select\nfrom sqlalchemy.orm import sessionmaker, DeclarativeBase\nclass Base(DeclarativeBase): ...\nclass Tenant(Base):\n    __tablename__ = 't'\nS = sessionmaker(create_engine('x'))\nwith S() as s:\n    mint(s.execute(select(Tenant)).scalar_one().secret)",
        {("database", "Tenant.secret")},
    ),
    "sqlalchemy query": (
        "from sqlalchemy.orm import Session\nclass Tenant: ...\ndef go(db: Session):\n    mint(db.query(Tenant).filter_by(slug='x').first().secret)\ngo(Session())",
        {("database", "Tenant.secret")},
    ),
    "mongo": (
        "from pymongo import MongoClient\nmint(MongoClient().app.tenants.find_one({'slug': 'x'})['secret'])",
        {("database", "app.tenants.secret")},
    ),
    "dynamodb": (
        "import boto3\ntable = boto3.resource('dynamodb').Table('tenants')\nmint(table.get_item(Key={'id': 'x'})['Item']['secret'])",
        {("database", "tenants.Item.secret")},
    ),
    "tortoise": (
        "from tortoise.models import Model\nclass Tenant(Model): ...\nasync def go():\n    mint((await Tenant.get(slug='x')).secret)\nimport asyncio\nasyncio.run(go())",
        {("database", "Tenant.secret")},
    ),
    "prompt": ("mint(input('Client secret: '))", {("prompt", "Client secret")}),
    "getpass": ("from getpass import getpass\nmint(getpass())", {("prompt", "prompt")}),
    "argparse": (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--client-secret')\nmint(p.parse_args().client_secret)",
        {("prompt", "client_secret")},
    ),
    "argparse default": (
        f"import argparse\np = argparse.ArgumentParser()\np.add_argument('--secret', '-s', default='{VALUE}')\nargs, _ = p.parse_known_args()\nmint(args.secret)",
        {("prompt", "secret"), ("literal", "literal")},
    ),
    "argv": ("import sys\nmint(sys.argv[1])", {("prompt", "argument")}),
    "fernet": (
        "from cryptography.fernet import Fernet\nimport os\nmint(Fernet(os.environ['KEY']).decrypt(open('secret.bin', 'rb').read()).decode())",
        {("secrets manager", "encrypted value")},
    ),
    "base64 literal": (
        "import base64\nmint(base64.b64decode('enFYdjhMbTJSdDVXazlZYjNOYzdIZDFQZjZHajRTYTA=').decode())",
        {("literal", "literal")},
    ),
    "hex": (f"mint(bytes.fromhex('{VALUE.encode().hex()}').decode())", {("literal", "literal")}),
    "reversed": (f"mint('{VALUE[::-1]}'[::-1])", {("literal", "literal")}),
    "split literal": (f"mint(''.join(['{VALUE[:16]}', '{VALUE[16:]}']))", {("literal", "literal")}),
    "joined codes": (f"mint(''.join(map(chr, {[ord(c) for c in VALUE[:24]]})))", {("literal", "literal")}),
    "flask config": (
        f"from flask import Flask\nclass Config:\n    CYBRID_SECRET = '{VALUE}'\napp = Flask(__name__)\napp.config.from_object(Config)\nmint(app.config['CYBRID_SECRET'])",
        {("literal", "literal")},
    ),
    "flask config from its own module": (
        "from flask import Flask, current_app\napp = Flask(__name__)\napp.config.from_object('__main__.Config' if False else 'conf')\n@app.get('/')\ndef index():\n    return mint(current_app.config.get('CYBRID_SECRET'))",
        {("environment", "CYBRID_SECRET")},
    ),
    "omegaconf": (
        "from omegaconf import OmegaConf\ncfg = OmegaConf.load('conf.yaml')\nmint(cfg.cybrid.secret)",
        {("file", "conf.yaml.cybrid.secret")},
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_source_of_a_secret(run: Run, name: str) -> None:
    code, expected = SOURCES[name]
    facts = run({"main.py": MINT + code + "\n", "conf.py": "import os\nCYBRID_SECRET = os.environ['CYBRID_SECRET']\n"})
    found = {
        (source.kind.value.replace("_", " ").replace("-", " "), source.name)
        for use in facts.credentials
        if use.role == "client_secret"
        for source in use.sources
    }
    assert found == expected
