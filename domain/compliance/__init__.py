"""The rules that an auditor asks for. Each is a pure function over facts, and none is legal advice."""
