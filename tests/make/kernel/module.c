/* module.c - the drivers beside the one that leaks: MODULE is 1 for hal.dll, 2 for keeps.sys, 3 for filter.sys. */
#if defined(__i386__)
#define NTAPI __stdcall
#else
#define NTAPI
#endif
#define IMPORT __declspec(dllimport)

IMPORT void *NTAPI ExAllocatePoolWithTag(int pool, __SIZE_TYPE__ size, unsigned tag);
IMPORT void NTAPI ExFreePoolWithTag(void *block, unsigned tag);
IMPORT void NTAPI KeInitializeEvent(void *event, int type, int state);
IMPORT void NTAPI IoDeleteDevice(void *device);

#define TAG(a, b, c, d) ((a) | (b) << 8 | (c) << 16 | (unsigned)(d) << 24)

static void *kept[16];

#if MODULE == 2
__attribute__((noinline)) int Keep(unsigned slot)
{
    kept[slot & 15] = ExAllocatePoolWithTag(1, 640, TAG('K', 'p', 'F', 'i'));
    return kept[slot & 15] ? 0 : -1;
}
#elif MODULE == 3
__attribute__((noinline)) int Keep(unsigned slot)
{
    kept[slot & 15] = ExAllocatePoolWithTag(0, 96, TAG('F', 'l', 'C', 'x'));
    if (kept[slot & 15] && slot > 15) ExFreePoolWithTag(kept[slot & 15], TAG('F', 'l', 'C', 'x'));
    return 0;
}
#else
__attribute__((noinline)) int Keep(unsigned slot)
{
    KeInitializeEvent(&kept[slot & 7], 0, 0);
    return 0;
}
#endif

__attribute__((section("PAGE"), noinline)) int Seldom(unsigned slot) { return Keep(slot + 1); }

__attribute__((section("INIT"))) int NTAPI DriverEntry(void *driver, void *path)
{
    (void)path;
    IoDeleteDevice(driver);
    return Seldom(0);
}
