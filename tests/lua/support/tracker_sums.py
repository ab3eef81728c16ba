"""tracker_sums.py DUMP [NAME=ADDRESS...] - a second opinion on the tag tables of a Windows dump: its own
containers, its own page tables, its own layouts, written from the published ones without a look at the reader.
Prints a line for each tag and pool: tag in hex, pool, blocks in use, bytes."""
import struct
import sys

data = open(sys.argv[1], "rb").read()
names = dict((n, int(a, 0)) for n, a in (w.split("=") for w in sys.argv[2:]))
wide = data[4:8] == b"DU64"
u = lambda fmt, at, b=data: struct.unpack_from("<" + fmt, b, at)
build, kind = u("I", 12)[0], u("I", 0xF98 if wide else 0xF88)[0]
arm = u("I", 0x30)[0] == 0xAA64 if wide else False
base, pages = (0x2000 if wide else 0x1000), {}
if kind == 1:
    at, runs = base, u("I", 0x88 if wide else 0x64)[0]
    for i in range(runs):
        first, count = u("QQ", 0x98 + 16 * i) if wide else u("II", 0x6C + 8 * i)
        for page in range(count):
            pages[first + page] = at
            at += 4096
elif kind in (2, 5, 6):
    if kind == 2:
        at, bits, bitmap = u("I", base + 12)[0], u("I", base + 16)[0], base + (0x28 if wide else 0x20)
    else:
        at, bits, bitmap = u("Q", base + 0x20)[0], u("Q", base + 0x30)[0], base + 0x38
    for frame in range(bits):
        if data[bitmap + frame // 8] >> frame % 8 & 1:
            pages[frame] = at
            at += 4096
else:
    at, end, i = u("Q", base + 0x18)[0], u("Q", base + 0x18)[0], base + 0x30
    while i + 16 <= end and u("Q", i)[0] != 0 and len(pages) < (u("Q", base + 0x28)[0] if kind == 10 else 1 << 40):
        for page in range(u("QQ", i)[1]):
            pages[u("Q", i)[0] + page] = at
            at += 4096
        i += 16
physical = lambda address, size: data[pages[address >> 12] + (address & 4095):][:size]
pae = not wide and data[0x5C] == 1
root = u("Q" if wide else "I", 0x10)[0] & (~31 if pae else ~4095)
shifts = (39, 30, 21, 12) if wide else (30, 21, 12) if pae else (22, 12)
if wide and len(sys.argv) > 2 and names.get("levels") == 5:
    shifts = (48,) + shifts


def translate(va):
    table, width = root, 4 if not wide and not pae else 8
    for shift in shifts:
        index = va >> shift & (3 if pae and shift == 30 else 1023 if width == 4 else 511)
        e = int.from_bytes(physical(table + width * index, width), "little")
        assert e & 1 or shift == 12 and e >> 10 & 3 == 2, "no page at %x" % va
        large = shift in (21, 22, 30) and not (pae and shift == 30) and (not e & 2 if arm else e & 0x80)
        table = e & 0x000FFFFFFFFFF000
        if large:
            return (table >> shift << shift) + (va & ((1 << shift) - 1))
    return table + (va & 4095)


def read(va, size):
    out = b""
    while len(out) < size:
        at = va + len(out)
        out += physical(translate(at), min(size - len(out), 4096 - (at & 4095)))
    return out


pointer = lambda va: int.from_bytes(read(va, 8 if wide else 4), "little")
count = pointer(names["PoolTrackTableSize"])
tables = [(pointer(names["PoolTrackTable"]), count)]
if "ExPoolTagTables" in names:
    n = u("I", 0x34 if wide else 0x24)[0]
    tables = [(pointer(names["ExPoolTagTables"] + i * (8 if wide else 4)), count) for i in range(n)]
    tables.append((pointer(names["PoolTrackTableExpansion"]), pointer(names["PoolTrackTableExpansionSize"])))
old = build < 16299  # key, then np allocs, np frees, np bytes, paged allocs, paged frees, paged bytes
form = ("<4sIIxxxxqIIq" if wide else "<4sIIiIIi") if old else ("<4sxxxxqQQqQQ" if wide else "<4siQQixxxxQQ")
size = (0x28 if wide else 0x1C) if old else (0x50 if build >= 20348 else 0x38) if wide else (
    0x40 if build >= 20348 else 0x30)
sums = {}
for address, entries in tables:
    table = read(address, entries * size)
    for i in range(entries):
        key, *v = struct.unpack_from(form, table, i * size)
        if key != b"\0\0\0\0":
            v = v if old else [v[1], v[2], v[0], v[4], v[5], v[3]]
            sums[key] = [a + b for a, b in zip(sums.get(key, [0] * 6), v)]
for key, v in sorted(sums.items()):
    for pool, a, f, b in (("nonpaged", *v[:3]), ("paged", *v[3:])):
        print(key.hex(), pool, (a - f) % (1 << 32) if old else a - f, b)
