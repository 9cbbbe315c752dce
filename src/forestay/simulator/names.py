"""Names of people, companies and places that nobody bears: everything ends in example.com.

Gives: company_name(), FIRST, LAST, TITLES, SPONSOR_TITLES, PLACES, Place, INDUSTRIES, MEMBERS.
"""

from __future__ import annotations

from dataclasses import dataclass

_HEAD = ("Alder", "Amber", "Ash", "Birch", "Black", "Briar", "Bright", "Cedar", "Clear", "Copper", "Crest", "Dawn", "Elder", "Elm",
         "Fair", "Fern", "Flint", "Frost", "Gold", "Grey", "Hart", "Hazel", "High", "Iron", "Juniper", "Lark", "Linden", "Maple",
         "Moss", "North", "Oak", "Pine", "Quill", "Raven", "Red", "River", "Rowan", "Silver", "Stone", "Willow")  # fmt: skip
_TAIL = ("bank", "beck", "bridge", "brook", "croft", "dale", "field", "ford", "gate", "grove", "haven", "hill", "holm", "lake",
         "land", "mark", "mere", "moor", "point", "ridge", "shore", "stead", "vale", "well", "wick")  # fmt: skip

INDUSTRIES: tuple[tuple[str, str], ...] = (
    ("Manufacturing", "Works"), ("Logistics", "Freight"), ("Retail", "Stores"), ("Software", "Systems"), ("Healthcare", "Clinics"),
    ("Financial services", "Capital"), ("Energy", "Power"), ("Education", "Schools"), ("Media", "Press"), ("Construction", "Builders"),
    ("Food and drink", "Foods"), ("Professional services", "Partners"),
)  # fmt: skip
"""Industry, and the word that its companies carry in their names."""


@dataclass(frozen=True, slots=True)
class Place:
    """A country with a time zone; weight: share of accounts; holidays: (month, day) when nobody works."""

    country: str
    zone: str
    weight: float
    holidays: tuple[tuple[int, int], ...] = ()


PLACES: tuple[Place, ...] = (
    Place("United States", "America/New_York", 20, ((7, 4), (11, 26), (11, 27))),
    Place("United States", "America/Chicago", 9, ((7, 4), (11, 26), (11, 27))),
    Place("United States", "America/Los_Angeles", 11, ((7, 4), (11, 26), (11, 27))),
    Place("Canada", "America/Toronto", 6, ((7, 1),)),
    Place("United Kingdom", "Europe/London", 13, ((5, 4), (8, 31))),
    Place("Germany", "Europe/Berlin", 10, ((5, 1), (10, 3))),
    Place("France", "Europe/Paris", 6, ((5, 1), (7, 14))),
    Place("Netherlands", "Europe/Amsterdam", 4, ((4, 27),)),
    Place("Sweden", "Europe/Stockholm", 3, ((6, 19),)),
    Place("Spain", "Europe/Madrid", 3, ((10, 12),)),
    Place("India", "Asia/Kolkata", 5, ((1, 26), (8, 15))),
    Place("Japan", "Asia/Tokyo", 3, ((5, 4), (5, 5))),
    Place("Australia", "Australia/Sydney", 4, ((1, 26), (4, 25))),
    Place("Brazil", "America/Sao_Paulo", 3, ((9, 7), (11, 15))),
)

FIRST = ("Ada", "Aiko", "Amina", "Anders", "Ben", "Bruno", "Carla", "Chidi", "Clara", "Daan", "Dana", "Elif", "Elin", "Emeka", "Farah",
         "Femke", "Gita", "Hana", "Henrik", "Ines", "Ivan", "Jana", "Jonas", "Kavya", "Kofi", "Lars", "Leila", "Lena", "Luca", "Mara",
         "Marek", "Mei", "Milan", "Nadia", "Niko", "Noor", "Olga", "Omar", "Paula", "Priya", "Rafael", "Rosa", "Sami", "Sara", "Tariq",
         "Tessa", "Uma", "Vera", "Yara", "Zoe")  # fmt: skip
LAST = ("Abara", "Albers", "Aydin", "Bakker", "Banerjee", "Berger", "Blom", "Castell", "Cho", "Costa", "Dahl", "Demir", "Dorn", "Egan",
        "Falk", "Farkas", "Ferro", "Gallo", "Grewal", "Haas", "Hadid", "Holt", "Ibarra", "Ito", "Jansen", "Kaya", "Keller", "Kerr",
        "Lange", "Lind", "Mbeki", "Meyer", "Moreau", "Nagy", "Ng", "Novak", "Okafor", "Olsen", "Park", "Petrov", "Quist", "Rao",
        "Reyes", "Sato", "Silva", "Sorel", "Tanaka", "Vance", "Weber", "Zhang")  # fmt: skip
TITLES = ("Analyst", "Planner", "Operations Manager", "Controller", "Project Lead", "Team Lead", "Coordinator", "Data Engineer",
          "Account Executive", "Supply Planner", "Business Partner", "Programme Manager")  # fmt: skip
SPONSOR_TITLES = ("Chief Operating Officer", "VP Operations", "Chief Financial Officer", "Head of Planning", "VP Finance",
                  "Director of Operations")  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemberSpec:
    """A colleague of the company itself, as config/members.yaml names them."""

    name: str
    role: str
    zone: str

    @property
    def email(self) -> str:
        """Their address."""
        return f"{self.name.lower().replace(' ', '.')}@ridgeline.example.com"


MEMBERS: tuple[MemberSpec, ...] = (
    MemberSpec("Nora Feld", "csm", "America/New_York"), MemberSpec("Theo Brandt", "csm", "Europe/Berlin"),
    MemberSpec("Imani Osei", "csm", "Europe/London"), MemberSpec("Pilar Montes", "csm", "Europe/Madrid"),
    MemberSpec("Wes Tanner", "csm", "America/Chicago"), MemberSpec("Asha Menon", "csm", "Asia/Kolkata"),
    MemberSpec("Jule Hartog", "csm", "Europe/Amsterdam"), MemberSpec("Cole Rivers", "csm", "America/Los_Angeles"),
    MemberSpec("Mika Sato", "csm", "Asia/Tokyo"), MemberSpec("Greta Holm", "ops", "Europe/Stockholm"),
)  # fmt: skip
CSMS: tuple[MemberSpec, ...] = tuple(member for member in MEMBERS if member.role == "csm")


def company_word(account: int) -> str:
    """The first word of an account's name; all different for a thousand accounts in a row.

    >>> company_word(0), company_word(1) != company_word(2)
    ('Alderbank', True)
    """
    number = account * 377 % (len(_HEAD) * len(_TAIL))
    return _HEAD[number % len(_HEAD)] + _TAIL[number // len(_HEAD)]
