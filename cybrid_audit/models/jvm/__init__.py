"""What Kotlin and Java programs are written in terms of: the language library, HTTP clients, containers, Spring, Android."""
