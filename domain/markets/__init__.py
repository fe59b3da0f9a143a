"""Who may sell what to whom, where, since when: dated rows with a source each, and one resolver."""
