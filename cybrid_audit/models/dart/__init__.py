"""What Dart programs are written in terms of: the language library and HTTP clients."""
