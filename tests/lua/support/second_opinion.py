"""second_opinion.py FILE... - the tags of x64 and ARM64 drivers as a plain linear pass sees them.

Every function that names a pool API's import is read from its first to its last instruction by
Capstone.  Constants are followed through registers and stack slots without regard to control
flow, only forgotten behind jumps and calls.  Prints a line for each call whose tag is a constant:
SHA-256, RVA of the call, API, and tag as hex digits.  Nothing is shared with the scanner: neither
code nor tables.
"""
import hashlib
import struct
import sys

import capstone
from capstone import arm64, x86

# Which argument, counted from 0, is the tag.
APIS = {
    b"ExAllocatePoolWithTag": 2,
    b"ExAllocatePoolWithQuotaTag": 2,
    b"ExAllocatePoolWithTagPriority": 2,
    b"ExAllocatePool2": 2,
    b"ExAllocatePool3": 2,
    b"FsRtlAllocatePoolWithTag": 2,
    b"FsRtlAllocatePoolWithQuotaTag": 2,
    b"ExFreePoolWithTag": 1,
    b"NdisAllocateMemoryWithTag": 2,
    b"NdisAllocateMemoryWithTagPriority": 2,
    b"ExInitializeNPagedLookasideList": 5,
    b"ExInitializePagedLookasideList": 5,
    b"ExInitializeLookasideListEx": 6,
    b"FltAllocatePoolAlignedWithTag": 3,
    b"FltFreePoolAlignedWithTag": 2,
    b"IoInitializeRemoveLockEx": 1,
}
X64, ARM64 = 0x8664, 0xAA64
MASK = (1 << 64) - 1


class Image:
    """As much of a PE file as the pass needs."""

    def __init__(self, data):
        self.data = data
        head = self.number(60, 4)
        self.machine = self.number(head + 4, 2)
        sections, optional = self.number(head + 6, 2), self.number(head + 20, 2)
        self.base = self.number(head + 48, 8)
        self.directories = head + 24 + 112
        self.sections = []
        for i in range(sections):
            at = head + 24 + optional + 40 * i
            size, rva, raw_size, raw = struct.unpack_from("<IIII", data, at + 8)
            self.sections.append((rva, max(size, raw_size), raw, raw_size, self.number(at + 36, 4)))

    def number(self, offset, size):
        return int.from_bytes(self.data[offset : offset + size], "little")

    def at(self, rva, size):
        """The bytes at rva, or none where the file has none."""
        for start, _, raw, raw_size, _ in self.sections:
            if start <= rva < start + raw_size:
                return self.data[raw + rva - start : raw + min(rva - start + size, raw_size)]
        return b""

    def is_constant(self, rva):
        return any(s <= rva < s + n and not flags & 0x80000000 for s, n, _, _, flags in self.sections)

    def value(self, rva, size):
        found = self.at(rva, size)
        return int.from_bytes(found, "little") if len(found) == size else 0

    def directory(self, index):
        return struct.unpack_from("<II", self.data, self.directories + 8 * index)

    def imports(self):
        """RVA of a slot to name, for the APIs of interest."""
        slots, at = {}, self.directory(1)[0]
        while at and self.value(at + 12, 4):
            names, slot = self.value(at, 4) or self.value(at + 16, 4), self.value(at + 16, 4)
            while entry := self.value(names, 8):
                if not entry >> 63:
                    name = self.at((entry & 0xFFFFFFFF) + 2, 80).split(b"\0")[0]
                    if name in APIS:
                        slots[slot] = name
                names, slot = names + 8, slot + 8
            at += 20
        return slots

    def functions(self):
        rva, size = self.directory(3)
        if self.machine == X64:
            for i in range(size // 12):
                begin, end, _ = struct.unpack("<III", self.at(rva + 12 * i, 12).ljust(12, b"\0"))
                yield begin, end
            return
        for i in range(size // 8):
            begin, word = struct.unpack("<II", self.at(rva + 8 * i, 8).ljust(8, b"\0"))
            length = word >> 2 & 0x7FF if word & 3 else self.value(word, 4) & 0x3FFFF
            yield begin, begin + 4 * length


def low(value, size):
    return None if value is None else value & ((1 << 8 * size) - 1)


class X64Pass:
    """Registers by their 64-bit names, stack slots by their distance from rsp."""

    ARGUMENTS = ["rcx", "rdx", "r8", "r9"]
    VOLATILE = ["rax", "rcx", "rdx", "r8", "r9", "r10", "r11"]
    WHOLE = {}
    for names in (
        "rax eax ax al", "rbx ebx bx bl", "rcx ecx cx cl", "rdx edx dx dl", "rsi esi si sil",
        "rdi edi di dil", "rbp ebp bp bpl", "rsp esp sp spl",
    ):
        for short in names.split():
            WHOLE[short] = names.split()[0]
    for number in range(8, 16):
        for suffix in ("", "d", "w", "b"):
            WHOLE["r%d%s" % (number, suffix)] = "r%d" % number

    def __init__(self, image, slots):
        self.image, self.slots = image, slots
        self.engine = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
        self.engine.detail = True

    def is_of_interest(self, begin, code):
        for at in range(len(code) - 3):
            if begin + at + 4 + struct.unpack_from("<i", code, at)[0] in self.slots:
                return True
        return False

    def memory(self, instruction, operand):
        """('image', rva) or ('stack', offset), or none."""
        name = instruction.reg_name(operand.mem.base) if operand.mem.base else None
        if operand.mem.index or operand.mem.segment:
            return None
        if name == "rip":
            return "image", instruction.address + instruction.size + operand.mem.disp
        return ("stack", operand.mem.disp) if name == "rsp" else None

    def read(self, state, instruction, operand):
        if operand.type == x86.X86_OP_IMM:
            return operand.imm & MASK
        if operand.type == x86.X86_OP_REG:
            return low(state.get(self.WHOLE.get(instruction.reg_name(operand.reg))), operand.size)
        place = self.memory(instruction, operand)
        if place and place[0] == "image":
            if place[1] in self.slots:
                return ("import", self.slots[place[1]])
            return self.image.value(place[1], operand.size) if self.image.is_constant(place[1]) else None
        return low(state.get(place), operand.size) if place else None

    def write(self, state, instruction, operand, value):
        if operand.type == x86.X86_OP_REG:
            whole = self.WHOLE.get(instruction.reg_name(operand.reg))
            state[whole] = value if operand.size >= 4 else None
        else:
            place = self.memory(instruction, operand)
            if place:
                state[place] = value

    def call(self, state, instruction, rva):
        target = self.read(state, instruction, instruction.operands[0])
        found = None
        if isinstance(target, tuple):
            number = APIS[target[1]]
            if number < 4:
                tag = state.get(self.ARGUMENTS[number])
            else:
                tag = state.get(("stack", 8 * number))
            if isinstance(tag, int):
                found = (rva, target[1], low(tag, 4))
        for name in self.VOLATILE:
            state.pop(name, None)
        for key in [key for key in state if isinstance(key, tuple)]:
            del state[key]
        return found

    def step(self, state, instruction):
        name, operands = instruction.mnemonic, instruction.operands
        if name in ("mov", "movabs", "movzx"):
            self.write(state, instruction, operands[0], self.read(state, instruction, operands[1]))
        elif name == "xor" and len(operands) == 2 and operands[0].reg == operands[1].reg:
            self.write(state, instruction, operands[0], 0)
        elif name in ("or", "add", "sub", "and") and operands[0].type == x86.X86_OP_REG:
            a, b = (self.read(state, instruction, o) for o in operands)
            value = None
            if isinstance(a, int) and isinstance(b, int):
                value = {"or": a | b, "add": a + b, "sub": a - b, "and": a & b}[name]
                value = low(value & MASK, operands[0].size)
            self.write(state, instruction, operands[0], value)
        elif name not in ("cmp", "test", "nop", "push") and not name.startswith("j"):
            for register in instruction.regs_access()[1]:
                state.pop(self.WHOLE.get(instruction.reg_name(register)), None)
            if operands and operands[0].type == x86.X86_OP_MEM and self.memory(instruction, operands[0]):
                state.pop(self.memory(instruction, operands[0]), None)
        if "rsp" in state:
            for key in [key for key in state if isinstance(key, tuple)] + ["rsp"]:
                del state[key]

    def calls(self, begin, code):
        state = {}
        for instruction in self.engine.disasm(code, begin):
            name = instruction.mnemonic
            if name == "call" or (name == "jmp" and instruction.operands[0].type != x86.X86_OP_IMM):
                found = self.call(state, instruction, instruction.address)
                if found:
                    yield found
            if name in ("jmp", "ret", "int3"):
                state.clear()
            elif name != "call":
                self.step(state, instruction)


class Arm64Pass:
    """Registers by number, the stack pointer being none of them; stack slots by distance."""

    def __init__(self, image, slots):
        self.image, self.slots = image, slots
        self.pages = {slot >> 12 for slot in slots}
        self.engine = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
        self.engine.detail = True

    def is_of_interest(self, begin, code):
        for at in range(0, len(code) - 3, 4):
            word = struct.unpack_from("<I", code, at)[0]
            if word & 0x9F000000 == 0x90000000:
                pages = (word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3
                if ((begin + at >> 12) + pages - (pages >> 20 << 21)) & 0xFFFFF in self.pages:
                    return True
        return False

    @staticmethod
    def number(instruction, register):
        name = instruction.reg_name(register)
        if name in ("wzr", "xzr"):
            return "zero"
        return int(name[1:]) if name[0] in "wx" and name[1:].isdigit() else None

    def read(self, state, instruction, operand):
        if operand.type == arm64.ARM64_OP_IMM:
            value = operand.imm & MASK
        elif operand.type == arm64.ARM64_OP_REG:
            number = self.number(instruction, operand.reg)
            value = 0 if number == "zero" else state.get(number)
            if instruction.reg_name(operand.reg)[0] == "w" and isinstance(value, int):
                value &= 0xFFFFFFFF
        else:
            return None
        if operand.ext:
            return None
        if operand.shift.type == arm64.ARM64_SFT_LSL and isinstance(value, int):
            return value << operand.shift.value & MASK
        return value if operand.shift.type == 0 else None

    def write(self, state, instruction, value):
        name = instruction.reg_name(instruction.operands[0].reg)
        number = self.number(instruction, instruction.operands[0].reg)
        if number is not None:
            state[number] = low(value, 4) if name[0] == "w" and isinstance(value, int) else value

    def load(self, state, instruction, operand):
        size = 4 if instruction.reg_name(instruction.operands[0].reg)[0] == "w" else 8
        if operand.type == arm64.ARM64_OP_IMM:
            return self.image.value(operand.imm, size)
        base = instruction.reg_name(operand.mem.base)
        if operand.mem.index or instruction.writeback:
            return None
        if base == "sp":
            return state.get(("stack", operand.mem.disp))
        address = state.get(self.number(instruction, operand.mem.base))
        if not isinstance(address, int):
            return None
        address += operand.mem.disp
        if address in self.slots:
            return ("import", self.slots[address])
        return self.image.value(address, size) if self.image.is_constant(address) else None

    def call(self, state, instruction, rva):
        target = self.read(state, instruction, instruction.operands[0])
        found = None
        if isinstance(target, tuple):
            tag = state.get(APIS[target[1]])
            if isinstance(tag, int):
                found = (rva, target[1], low(tag, 4))
        if instruction.mnemonic != "blr" or target is not None or 15 not in state:
            for key in [key for key in state if isinstance(key, tuple) or key < 19 or key == 30]:
                del state[key]
        return found

    def step(self, state, instruction):
        name, operands = instruction.mnemonic, instruction.operands
        values = [self.read(state, instruction, o) for o in operands[1:]]
        if name in ("mov", "movz", "adr", "adrp"):
            self.write(state, instruction, values[0])
        elif name == "movk":
            shift, old = operands[1].shift.value, self.read(state, instruction, operands[0])
            fits = isinstance(old, int) and isinstance(values[0], int)
            self.write(state, instruction, old & ~(0xFFFF << shift) | values[0] if fits else None)
        elif name in ("add", "sub", "orr", "and") and all(isinstance(v, int) for v in values):
            a, b = values
            self.write(state, instruction, {"add": a + b, "sub": a - b, "orr": a | b, "and": a & b}[name] & MASK)
        elif name in ("ldr", "ldar"):
            self.write(state, instruction, self.load(state, instruction, operands[1]))
        elif name == "str" and operands[1].mem.base == arm64.ARM64_REG_SP and not operands[1].mem.index:
            state[("stack", operands[1].mem.disp)] = self.read(state, instruction, operands[0])
        elif name not in ("cmp", "cmn", "tst", "ccmp", "nop") and not name.startswith(("b.", "cb", "tb")):
            written = instruction.regs_access()[1]
            for register in list(written) + [o.reg for o in operands[:2] if o.type == arm64.ARM64_OP_REG]:
                state.pop(self.number(instruction, register), None)
            if name.startswith("st"):
                for key in [key for key in state if isinstance(key, tuple)]:
                    del state[key]

    def calls(self, begin, code):
        state = {}
        for at in range(0, len(code) - 3, 4):
            decoded = list(self.engine.disasm(code[at : at + 4], begin + at))
            if not decoded:
                state.clear()
                continue
            instruction = decoded[0]
            name = instruction.mnemonic
            if name in ("bl", "blr", "br"):
                found = self.call(state, instruction, instruction.address)
                if found:
                    yield found
            if name in ("b", "br", "ret"):
                state.clear()
            elif name not in ("bl", "blr"):
                self.step(state, instruction)


def main(paths):
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        image = Image(data)
        slots = image.imports()
        if not slots or image.machine not in (X64, ARM64):
            continue
        follow = (X64Pass if image.machine == X64 else Arm64Pass)(image, slots)
        digest = hashlib.sha256(data).hexdigest()
        for begin, end in image.functions():
            code = image.at(begin, end - begin)
            if follow.is_of_interest(begin, code):
                for rva, api, tag in follow.calls(begin, code):
                    print(digest, "%x" % rva, api.decode(), "%08x" % tag)


main(sys.argv[1:])
