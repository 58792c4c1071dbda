"""The report of a show, made of its log: one page without scripts. Pure."""
