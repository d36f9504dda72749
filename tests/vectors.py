"""The two vectors of the thesis: a script of 112 totem, a job of 198 with its data."""

from __future__ import annotations

SCRIPT = """\
int a = 1, b = 2
int c = add (a, b)
float d = 4.1
for i = 1; i <= 3; i++ do
  c = add (c, i)
  d = sub (d, 0.1)
end for
"""

JOB = """\
dataset bills(date Date, int C_id, double Bill)

map by_customer(bills row)
    emit row.C_id, row.Bill
end map

reduce total(int C_id, double[] values)
    emit C_id, array.sum(values)
end reduce
"""

BILLS = """\
Date,C_id,Bill
2019-02-25,1,100
2019-02-25,2,200
2019-02-25,3,150
2019-02-26,2,100
2019-02-26,3,50
2019-02-27,2,100
"""
