"""What JavaScript and TypeScript programs are written in terms of: the language library, HTTP clients, configuration, helpers."""
