"""Web frameworks and other starters of code: how each registers handlers, what runs before them, and how it calls them."""
