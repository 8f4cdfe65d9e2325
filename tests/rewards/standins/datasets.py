"""Stands in for Hugging Face's datasets: rows as they were given, columns filled up with None."""


class Dataset(list):
    @classmethod
    def from_list(cls, rows):
        names = dict.fromkeys(name for row in rows for name in row)
        return cls({name: row.get(name) for name in names} for row in rows)
