"""What she does when nobody asks: triggers, their scheduler, content, personality, the plan of a show."""
