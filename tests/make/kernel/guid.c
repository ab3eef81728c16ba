/* guid.c - a driver that a program makes anew each time it runs: it takes untagged memory and keeps it.  Its import
 * table lies where that of a server's lay; kernel.sh says where the rest goes. */
__declspec(dllimport) void *__stdcall ExAllocatePool(int pool, unsigned size);

static void *kept[64];

__attribute__((noinline)) int Remember(unsigned slot, unsigned size)
{
    void *block = ExAllocatePool(0, size + 24);

    if (!block)
        return 0xC000009A;
    kept[slot & 63] = block;
    return 0;
}

int __stdcall DriverEntry(void *driver, void *path)
{
    (void)driver;
    (void)path;
    return Remember(0, 160);
}
