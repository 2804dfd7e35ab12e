"""What clients may ask for. The vocabularies become GraphQL enums before any type is declared that names one."""

from schema import enums as enums
from schema import enums_generation as enums_generation
from schema import enums_moderation as enums_moderation
