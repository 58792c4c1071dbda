"""Replays a show's log: the same code on a clock that is read, with parts that answer as they did."""
