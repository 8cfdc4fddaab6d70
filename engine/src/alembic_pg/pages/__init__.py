"""Write a schema as static pages of HTML with diagrams."""
