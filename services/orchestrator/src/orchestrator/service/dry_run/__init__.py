"""Drafts played over past calls: asked for, played, told."""
