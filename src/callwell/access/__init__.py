"""Who is asking and what they may see: API keys, tokens, and the guard at every route."""
