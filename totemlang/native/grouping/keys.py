"""The key of a row in WebAssembly text: loaded, hashed, compared, kept.

Locals: `$p{c}` where column `c` stands, `$a{i}` key part `i` as i64, `$w{k}` word `k`, `$h` the
hash, `$e` the group; `$m{k}` and `$seed` the random numbers that make hashes unforeseeable.
"""

from __future__ import annotations

from totemlang.native.grouping.layout import NARROW, KeyWord, Layout, State
from totemlang.schema.types import Kind


def load_column(kind: Kind, address: str, memory: str = "$source") -> str:
    """A value of a column: floats as f64, all others as i64 (strings packed)."""
    if kind is Kind.BOOL:
        return f"(i64.load8_u {memory} {address})"
    if kind in NARROW:
        return f"(i64.load32_s {memory} {address})"
    if kind is Kind.FLOAT:
        return f"(f64.promote_f32 (f32.load {memory} {address}))"
    return f"({'f64' if kind is Kind.DOUBLE else 'i64'}.load {memory} {address})"


class Keys:
    """Texts for the keys of a layout."""

    def __init__(self, layout: Layout, state: State) -> None:
        """Prepare them."""
        self.layout, self.state = layout, state
        self.kinds = layout.signature.keys

    @property
    def word_locals(self) -> str:
        """Declares words, hash and random numbers."""
        names = [f"$w{k}" for k in range(len(self.layout.words))]
        names += [f"$m{k}" for k in range(len(self.layout.words) + 1)]
        return "".join(f"(local {name} i64)" for name in [*names, "$h", "$seed"])

    @property
    def part_locals(self) -> str:
        """Declares key parts."""
        return "".join(f"(local $a{i} i64)" for i in range(len(self.kinds)))

    def load_seeds(self) -> str:
        """Set the random numbers."""
        at, words = self.state.seeds, len(self.layout.words)
        lines = [
            f"(local.set $m{k} (i64.load $own (i32.const {at + 8 * k})))" for k in range(words + 1)
        ]
        lines.append(f"(local.set $seed (i64.load $own (i32.const {at + 8 * words + 8})))")
        return "\n".join(lines)

    def load_parts(self) -> str:
        """Set the key parts of the row at the columns' places."""
        return "\n".join(
            f"(local.set $a{i} {load_column(kind, f'(local.get $p{i})')})"
            for i, kind in enumerate(self.kinds)
        )

    @property
    def limit(self) -> str:
        """Declares the last place that 16 bytes of a string may begin at, and sets it."""
        if Kind.STRING not in self.kinds:
            return ""
        return """(local.set $limit
  (i32.sub (i32.shl (memory.size $source) (i32.const 16)) (i32.const 16)))"""

    def part_of_words(self, part: int) -> str:
        """Set a key part that is no string from the words."""
        k = next(k for k, word in enumerate(self.layout.words) if part in word.parts)
        value, parts = f"(local.get $w{k})", self.layout.words[k].parts
        if len(parts) == 2:
            is_first = part == parts[0]
            value = (
                f"(i64.shr_s {value} (i64.const 32))" if is_first else f"(i64.extend32_s {value})"
            )
        return f"(local.set $a{part} {value})"

    def words_at_once(self, *, has_long: bool) -> str:
        """Set the words from the parts without calls.

        Leaves the block `$edge` where a string ends the memory or, unless `has_long`, is longer
        than 16 bytes.
        """
        return "\n".join(
            self._at_once(k, word, has_long) for k, word in enumerate(self.layout.words)
        )

    def _at_once(self, k: int, word: KeyWord, has_long: bool) -> str:
        text = f"(local.get $a{word.parts[0]})"
        if word.place is None:
            return f"(local.set $w{k} {self._word(word)})"
        if word.place:
            return ""
        is_long = f"(i64.ge_u {text} (i64.const {17 << 32}))"
        size = f"(i32.wrap_i64 (i64.shr_u {text} (i64.const 32)))"
        mask = f"(i32.add (i32.const {self.state.masks}) (i32.shl {size} (i32.const 4)))"
        masked = [
            f"(i64.and (i64.load $source offset={8 * i} (i32.wrap_i64 {text}))"
            f" (i64.load $own offset={8 * i} {mask}))"
            for i in range(2)
        ]
        short = f"""(local.set $w{k} {masked[0]})
(local.set $w{k + 1} {masked[1]})
(local.set $w{k + 2} (i64.and {text} (i64.const {0xFFFFFFFF << 32})))"""
        edge = f"(br_if $edge (i32.gt_u (i32.wrap_i64 {text}) (local.get $limit)))"
        if not has_long:
            return f"{edge} (br_if $edge {is_long}) {short}"
        return f"{edge} (if {is_long} (then {self._long_at_once(k, text)}) (else {short}))"

    def _long_at_once(self, k: int, text: str) -> str:
        """As `$hash_text` and `$head` do."""
        hashed = f"(local.get $w{k + 1})"
        return f"""(local.set $w{k + 2} {text})
(local.set $at (i32.wrap_i64 {text}))
(local.set $w{k} (i64.load $source (local.get $at)))
(local.set $w{k + 1} (i64.xor (local.get $seed) (i64.shr_u {text} (i64.const 32))))
(local.set $last (i32.sub (i32.add (local.get $at)
  (i32.wrap_i64 (i64.shr_u {text} (i64.const 32)))) (i32.const 8)))
(loop $hashing
  (local.set $w{k + 1} (i64.mul (local.get $m0) (i64.xor {hashed}
    (i64.load $source (local.get $at)))))
  (local.set $w{k + 1} (i64.xor {hashed} (i64.shr_u {hashed} (i64.const 32))))
  (local.set $at (i32.add (local.get $at) (i32.const 8)))
  (br_if $hashing (i32.lt_u (local.get $at) (local.get $last))))
(local.set $w{k + 1} (i64.mul (local.get $m0) (i64.xor {hashed}
  (i64.load $source (local.get $last)))))
(local.set $w{k + 1} (i64.xor {hashed} (i64.shr_u {hashed} (i64.const 29))))"""

    def words(self) -> str:
        """Set the words from the parts."""
        return "\n".join(
            f"(local.set $w{k} {self._word(word)})" for k, word in enumerate(self.layout.words)
        )

    def _word(self, word: KeyWord) -> str:
        first = f"(local.get $a{word.parts[0]})"
        at = f"(i32.wrap_i64 {first})"
        size = f"(i32.wrap_i64 (i64.shr_u {first} (i64.const 32)))"
        is_long = f"(i64.ge_u {first} (i64.const {17 << 32}))"
        if word.place == 0:
            return f"(call $head {at} {size})"
        if word.place == 1:
            hashed = f"(call $hash_text {at} {size} (local.get $seed) (local.get $m0))"
            second = f"(call $head (i32.add {at} (i32.const 8)) (i32.sub {size} (i32.const 8)))"
            return f"(if (result i64) {is_long} (then {hashed}) (else {second}))"
        if word.place == 2:
            size_only = f"(i64.and {first} (i64.const {0xFFFFFFFF << 32}))"
            return f"(select {first} {size_only} {is_long})"
        if len(word.parts) == 1:
            return first
        second = f"(i64.and (local.get $a{word.parts[1]}) (i64.const 0xffffffff))"
        return f"(i64.or (i64.shl {first} (i64.const 32)) {second})"

    def hash(self) -> str:
        """Set the hash of the words."""
        total = "(local.get $seed)"
        for k, word in enumerate(self.layout.words):
            value = f"(local.get $w{k})"
            if word.place == 2:  # without the place
                total = f"(i64.add {total} (i64.shr_u {value} (i64.const 32)))"
            else:
                total = f"(i64.add {total} (i64.mul {value} (local.get $m{k})))"
        last = f"(local.get $m{len(self.layout.words)})"
        return f"""(local.set $h {total})
(local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 32))))
(local.set $h (i64.mul (local.get $h) {last}))
(local.set $h (i64.xor (local.get $h) (i64.shr_u (local.get $h) (i64.const 29))))"""

    def load_words(self, memory: str, at: str) -> str:
        """Set the words from a group or a waiting row at `at`."""
        return "\n".join(
            f"(local.set $w{k} (i64.load {memory} offset={8 * k} {at}))"
            for k in range(len(self.layout.words))
        )

    def differs(self) -> str:
        """Leave the block `$next` if the group `$e` has another key than the words.

        A long string of the words lies in the source memory.
        """
        lines = []
        for k, word in enumerate(self.layout.words):
            kept = f"(i64.load $own offset={8 * k} (local.get $e))"
            word_text = f"(local.get $w{k})"
            if word.place != 2:
                lines.append(f"(br_if $next (i64.ne {kept} {word_text}))")
                continue
            lines.append(
                f"(br_if $next (i64.ne (i64.shr_u {kept} (i64.const 32))"
                f" (i64.shr_u {word_text} (i64.const 32))))"
                f"(if (i64.ge_u {word_text} (i64.const {17 << 32})) (then (br_if $next (i32.eqz"
                f" (call $same (i32.wrap_i64 {kept}) (i32.wrap_i64 {word_text})"
                f" (i32.wrap_i64 (i64.shr_u {word_text} (i64.const 32))))))))"
            )
        return "\n".join(lines)

    def differs_at_once(self, *, has_long: bool) -> str:
        """As `differs`, without calls."""
        lines = []
        for k, word in enumerate(self.layout.words):
            kept, wanted = f"(i64.load $own offset={8 * k} (local.get $e))", f"(local.get $w{k})"
            if word.place != 2 or not has_long:
                lines.append(f"(br_if $next (i64.ne {kept} {wanted}))")
                continue
            lines.append(f"""(br_if $next (i64.ne (i64.const 0)
  (i64.shr_u (i64.xor {kept} {wanted}) (i64.const 32))))
(if (i64.ge_u {wanted} (i64.const {17 << 32})) (then
  (local.set $own (i32.wrap_i64 {kept}))
  (local.set $at (i32.wrap_i64 {wanted}))
  (local.set $last (i32.sub (i32.add (local.get $at)
    (i32.wrap_i64 (i64.shr_u {wanted} (i64.const 32)))) (i32.const 8)))
  (br_if $next (i64.ne (i64.load $source (local.get $last))
    (i64.load $own (i32.add (local.get $own) (i32.sub (local.get $last) (local.get $at))))))
  (loop $comparing
    (br_if $next (i64.ne (i64.load $source (local.get $at)) (i64.load $own (local.get $own))))
    (local.set $own (i32.add (local.get $own) (i32.const 8)))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $comparing (i32.lt_u (local.get $at) (local.get $last))))))""")
        return "\n".join(lines)

    def keep_words(self) -> str:
        """Store the words in the group `$e`, copying long strings from the source memory."""
        lines = []
        for k, word in enumerate(self.layout.words):
            value = f"(local.get $w{k})"
            if word.place == 2:
                value = (
                    f"(if (result i64) (i64.ge_u {value} (i64.const {17 << 32}))"
                    f" (then (call $kept {value})) (else {value}))"
                )
            lines.append(f"(i64.store $own offset={8 * k} (local.get $e) {value})")
        return "\n".join(lines)

    def range_locals(self) -> str:
        """Declares the ranges of the key parts."""
        return "".join(f"(local $low{i} i64)(local $size{i} i64)" for i in range(len(self.kinds)))

    def load_ranges(self) -> str:
        """Set the ranges of the key parts."""
        at = self.state.ranges
        return "\n".join(
            f"(local.set $low{i} (i64.load $own (i32.const {at + 16 * i})))"
            f"(local.set $size{i} (i64.load $own (i32.const {at + 16 * i + 8})))"
            for i in range(len(self.kinds))
        )

    def direct(self, base: str) -> str:
        """Set `$e` by the values of the parts; leaves the block `$stop` where it cannot."""
        lines, place = [], "(i64.const 0)"
        for i in range(len(self.kinds)):
            shifted = f"(i64.sub (local.get $a{i}) (local.get $low{i}))"
            lines.append(f"(br_if $stop (i64.ge_u {shifted} (local.get $size{i})))")
            place = f"(i64.add (i64.mul {place} (local.get $size{i})) {shifted})" if i else shifted
        scaled = f"(i32.mul (i32.wrap_i64 {place}) (i32.const {self.layout.size}))"
        lines.append(f"(local.set $e (i32.add {base} {scaled}))")
        return "\n".join(lines)
