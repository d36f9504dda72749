"""What readings of a data set have shown, which need not be read again while its files stay.

Files notice when they were changed since they were opened (`table_file.Identity`), so what was seen
of them holds for as long as they can be read at all.
"""

from __future__ import annotations

from attrs import define, field

from totemlang.data.survey import ColumnSurvey
from totemlang.schema.types import Field, Kind


@define(eq=False)
class Known:
    """Rows of a data set, and its columns as far as they were looked at.

    `surveys` are by name and the kind that values were read as. `taken` are the columns that a
    program has taken, each with the kind it was read as: all their values fit.
    """

    rows: int | None = None
    surveys: dict[tuple[str, Kind], ColumnSurvey] = field(factory=dict)
    taken: set[tuple[Field, Kind]] = field(factory=set)

    def note(self, rows: int, surveys: dict[tuple[str, Kind], ColumnSurvey]) -> None:
        """Note what a reading of all rows has shown."""
        self.rows = rows
        for place, survey in surveys.items():
            survey.finish()
            earlier = self.surveys.get(place)
            if earlier is None or not earlier.counts_distinct:
                self.surveys[place] = survey

    def fits(self, column: Field, read_as: Kind) -> bool:
        """Whether all values of a column are known to be what a program declares it to be."""
        if (column, read_as) in self.taken:
            return True
        survey = self.surveys.get((column.name, read_as))
        if survey is None or (survey.missing and not column.type.is_optional):
            return False
        return column.type.kind is read_as and column.constraint.is_free
