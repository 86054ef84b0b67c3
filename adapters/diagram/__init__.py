"""Diagrams: from a description or claims to drawings in Mermaid or PlantUML, as source and as SVG."""
