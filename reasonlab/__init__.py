"""ReasonLab: one `do`, three levels. Importing the package costs nothing: parts load where they are used."""

__version__ = "0.1.0"
