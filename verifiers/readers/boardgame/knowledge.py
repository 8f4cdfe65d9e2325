"""What a player is taken to know about the world: one table a kind of thing, in small letters.

A table is not the world: what it does not list is not known to belong to a kind, nor known not to. Colours are those of
light, whose primary ones are red, green and blue; a flag's are those that its law names.
"""

from __future__ import annotations

KINDS: dict[str, frozenset[str]] = {
    kind: frozenset(things.split(", "))
    for kind, things in {
        "something to drink": "hot chocolate, green tea, beer, cappuccino, banana-strawberry smoothie, coffee, tea, "
        "black tea, lemonade, orange juice, apple juice, milk, water, glass of water, bottle of water, wine, smoothie, "
        "milkshake, espresso, latte, soda, cola, cider",
        "something to carry apples and oranges": "backpack, basket, knapsack, plastic bag, bag, paper bag, bucket, "
        "suitcase, crate, shopping bag, tote bag, wheelbarrow",
        "something to sit on": "bench, couch, sofa, love seat sofa, club chair, chair, armchair, stool, rocking chair, "
        "office chair",
        "a sharp object": "knife, blade, cutter, razor, scissors, sword, dagger, axe, scalpel, needle, saw, "
        "razor blade, pocket knife, kitchen knife",
        "a musical instrument": "guitar, piano, violin, cello, trumpet, saxophone, harmonica, flute, clarinet, drum, "
        "viola, harp, trombone, banjo, mandolin, oboe, tuba, accordion, ukulele, bass guitar",
        "a leafy green vegetable": "arugula, kale, romaine lettuce, spinach, lettuce, cabbage, collard greens, chard, "
        "swiss chard, bok choy, watercress, mustard greens",
        "a device to connect to the internet": "cell phone, computer, tablet, laptop, smartphone, phone, mobile phone, "
        "smart phone, desktop computer, ipad",
    }.items()
}
JOBS: dict[str, frozenset[str]] = {
    field: frozenset(jobs.split(", "))
    for field, jobs in {
        "agriculture": "farm worker, grain elevator operator, farmer, agronomist, farm manager, fruit picker, "
        "beekeeper, dairy farmer, shepherd",
        "computer science and engineering": "programmer, software developer, web developer, software engineer, "
        "data scientist, machine learning engineer, systems administrator, computer scientist, database administrator",
        "education": "high school teacher, school principal, teacher assistant, teacher, professor, lecturer, tutor, "
        "elementary school teacher, kindergarten teacher, school counselor, teaching assistant",
        "healthcare": "dentist, nurse, physiotherapist, doctor, surgeon, pharmacist, physician, paramedic, "
        "optometrist, psychiatrist, midwife, dental hygienist",
        "marketing": "marketing manager, public relations specialist, sales manager, advertising manager, "
        "market research analyst, brand manager, copywriter",
    }.items()
}
_WITHIN = {  # place: what it lies in
    **dict.fromkeys(("ottawa", "toronto", "montreal", "vancouver", "calgary", "edmonton", "quebec city"), "canada"),
    **dict.fromkeys(("paris", "lyon", "marseille", "nice", "toulouse", "bordeaux", "lille"), "france"),
    **dict.fromkeys(("berlin", "frankfurt", "hamburg", "munich", "cologne", "stuttgart", "bremen"), "germany"),
    **dict.fromkeys(("rome", "milan", "venice", "turin", "naples", "florence", "bologna"), "italy"),
    **dict.fromkeys(("istanbul", "ankara", "antalya", "izmir", "bursa"), "turkey"),
    **dict.fromkeys(("cape town", "johannesburg"), "south africa"),
    **dict.fromkeys(("cairo", "alexandria"), "egypt"),
    **dict.fromkeys(("lagos", "abuja"), "nigeria"),
    "nairobi": "kenya",
    **dict.fromkeys(("egypt", "kenya", "nigeria", "south africa", "morocco", "ethiopia", "ghana", "algeria"), "africa"),
    **dict.fromkeys(("argentina", "brazil", "colombia", "peru", "chile", "bolivia", "ecuador"), "south america"),
    **dict.fromkeys(("uruguay", "paraguay", "venezuela"), "south america"),
    "lima": "peru",
    "bogota": "colombia",
    "buenos aires": "argentina",
    **dict.fromkeys(("sao paulo", "rio de janeiro", "brasilia"), "brazil"),
    **dict.fromkeys(("france", "germany", "italy", "spain", "belgium", "netherlands", "portugal", "austria"), "europe"),
    **dict.fromkeys(("canada", "mexico"), "north america"),
    **dict.fromkeys(("japan", "china", "india", "south korea", "thailand"), "asia"),
    **dict.fromkeys(("tokyo", "osaka", "kyoto"), "japan"),
    **dict.fromkeys(("madrid", "barcelona"), "spain"),
}
COLOURS = frozenset(
    "red, orange, yellow, green, blue, indigo, violet, white, black, pink, brown, gray, grey, purple".split(", ")
)
RAINBOW = frozenset("red, orange, yellow, green, blue, indigo, violet".split(", "))
PRIMARY = frozenset({"red", "green", "blue"})
FLAGS: dict[str, frozenset[str]] = {
    country: frozenset(colours.split())
    for country, colours in {
        "belgium": "black yellow red",
        "canada": "red white",
        "china": "red yellow",
        "france": "blue white red",
        "germany": "black red yellow",
        "italy": "green white red",
        "japan": "white red",
        "netherlands": "red white blue",
        "the netherlands": "red white blue",
        "russia": "white blue red",
        "spain": "red yellow",
        "sweden": "blue yellow",
        "turkey": "red white",
        "ukraine": "blue yellow",
        "poland": "white red",
        "ireland": "green white orange",
        "switzerland": "red white",
    }.items()
}
YEARS: dict[str, int] = {  # of events
    "the french revolution began": 1789,
    "world war 1 started": 1914,
    "world war 1 ended": 1918,
    "world war 2 started": 1939,
    "world war 2 ended": 1945,
    "the first man landed on moon": 1969,
    "the first man landed on the moon": 1969,
    "zinedine zidane was born": 1972,
    "richard nixon resigned": 1974,
    "the internet was invented": 1983,
    "lionel messi was born": 1987,
    "the berlin wall fell": 1989,
    "google was founded": 1998,
    "spacex was founded": 2002,
    "facebook was founded": 2004,
    "obama's presidency started": 2009,
    "shaquille o'neal retired": 2011,
    "justin trudeau became the prime minister of canada": 2015,
    "covid started": 2019,
    "maradona died": 2020,
}
# What comes to the same, by what it is about: deeds, with the conditions that they meet; an empty set meets none.
DEEDS: dict[str, dict[str, frozenset[str]]] = {
    "time machine": {
        "invented a time machine": frozenset({"created a time machine", "invented a time machine"}),
        "created a time machine": frozenset({"created a time machine", "invented a time machine"}),
        "purchased a time machine": frozenset({"purchased a time machine"}),
        "bought a time machine": frozenset({"purchased a time machine"}),
    },
    "mayor": {
        "assassinated the mayor": frozenset({"killed the mayor"}),
        "killed the mayor": frozenset({"killed the mayor"}),
        "voted for the mayor": frozenset({"voted for the mayor"}),
    },
    "luxury aircraft": {
        "purchased a luxury aircraft": frozenset({"owns a luxury aircraft"}),
        "owns a luxury aircraft": frozenset({"owns a luxury aircraft"}),
        "dreamed of a luxury aircraft": frozenset(),
    },
    "bike": {
        "stole a bike from the store": frozenset({"took a bike from the store"}),
        "took a bike from the store": frozenset({"took a bike from the store"}),
        "parked her bike in front of the store": frozenset(),
    },
    "keys": {
        "lost her keys": frozenset({"does not have her keys"}),
        "does not have her keys": frozenset({"does not have her keys"}),
        "is holding her keys": frozenset(),
    },
    "work hours": {
        "reduced her work hours recently": frozenset({"works fewer hours than before"}),
        "works fewer hours than before": frozenset({"works fewer hours than before"}),
        "increased her work hours recently": frozenset({"works more hours than before"}),
        "works more hours than before": frozenset({"works more hours than before"}),
    },
    "chris ronaldo": {
        "supports chris ronaldo": frozenset({"is a fan of chris ronaldo"}),
        "is a fan of chris ronaldo": frozenset({"is a fan of chris ronaldo"}),
        "hates chris ronaldo": frozenset(),
    },
    "salary": {
        "got a well-paid job": frozenset({"has a high salary"}),
        "has a high salary": frozenset({"has a high salary"}),
        "has a low-income job": frozenset(),
    },
    "food": {
        "struggles to find food": frozenset({"has difficulty to find food"}),
        "has difficulty to find food": frozenset({"has difficulty to find food"}),
        "has access to an abundance of food": frozenset({"has access to an abundance of food"}),
    },
    "paper": {
        "published a high-quality paper": frozenset({"has a high-quality paper", "has published a high-quality paper"}),
        "has a high-quality paper": frozenset({"has a high-quality paper", "has published a high-quality paper"}),
        "recently read a high-quality paper": frozenset(),
    },
}


def lies_in(place: str, region: str) -> bool | None:
    """Whether a place lies in a region; None if it is not known where it lies."""
    if place not in _WITHIN and place not in _WITHIN.values():
        return None
    at: str | None = place
    while at is not None:
        if at == region:
            return True
        at = _WITHIN.get(at)
    return False
