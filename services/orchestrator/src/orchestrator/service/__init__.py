"""The use cases; each is one transaction that commits at its edge, publishing comes after."""
