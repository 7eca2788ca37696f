"""How streams are pulled: lists by cursor or by page number, and endpoints per media."""
