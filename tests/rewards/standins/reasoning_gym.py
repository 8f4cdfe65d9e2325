"""Stands in for reasoning-gym 0.1.25: entries of its chain_sum."""


def create_dataset(name, size, seed):
    assert name == "chain_sum"
    for i in range(size):
        a, b = 4 + i, 3 + seed
        yield {"question": f"{a} + {b} =", "answer": str(a + b), "metadata": {"expression": f"{a} + {b}"}}
