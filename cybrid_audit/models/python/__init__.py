"""What Python programs are written in terms of: the language library, HTTP clients, configuration, files, classes of data."""
