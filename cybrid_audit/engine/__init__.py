"""Abstract interpretation of the IR: what each platform call runs with."""
