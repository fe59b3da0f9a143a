"""What can be ordered: lines, their model years, options that go together, list prices."""
