"""What Swift programs are written in terms of: the language library, HTTP clients, the build of an app, the platform's SDK."""
