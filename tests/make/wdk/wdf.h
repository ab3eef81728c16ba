/* wdf.h - as much of the kernel-mode driver framework as the sample drivers call: what they hand its
 * loader, and three functions of its table.  WDF_FUNCTIONS above 438 makes the table a pointer. */
#ifndef SAMPLE_WDF_H
#define SAMPLE_WDF_H

#include "wdk.h"

typedef void NTAPI WDF_FUNCTION(void);

typedef struct WDF_BIND_INFO {
    ULONG Size;
    const WCHAR *Component;
    ULONG Major, Minor, Build, FuncCount;
    PVOID FuncTable, Module;
} WDF_BIND_INFO;

typedef struct WDF_DRIVER_CONFIG {
    ULONG Size;
    PVOID EvtDriverDeviceAdd, EvtDriverUnload;
    ULONG DriverInitFlags, DriverPoolTag;
} WDF_DRIVER_CONFIG;

enum { WDF_DRIVER_CREATE = 116, WDF_MEMORY_CREATE = 192, WDF_LOOKASIDE_LIST_CREATE = 198 };

typedef NTSTATUS NTAPI WDF_DRIVER_CREATE_FUNCTION(PVOID globals, DRIVER_OBJECT *driver,
                                                  const UNICODE_STRING *key, PVOID attributes,
                                                  const WDF_DRIVER_CONFIG *config, PVOID *made);
typedef NTSTATUS NTAPI WDF_MEMORY_CREATE_FUNCTION(PVOID globals, PVOID attributes, POOL_TYPE pool,
                                                  ULONG tag, SIZE_T size, PVOID *made,
                                                  PVOID *buffer);
typedef NTSTATUS NTAPI WDF_LOOKASIDE_FUNCTION(PVOID globals, PVOID attributes, SIZE_T size,
                                              POOL_TYPE pool, PVOID memory_attributes, ULONG tag,
                                              PVOID *made);

IMPORT NTSTATUS NTAPI WdfVersionBind(DRIVER_OBJECT *driver, const UNICODE_STRING *key,
                                     WDF_BIND_INFO *info, PVOID *globals);
IMPORT void NTAPI WdfVersionUnbind(const UNICODE_STRING *key, WDF_BIND_INFO *info, PVOID globals);

#if WDF_FUNCTIONS > 438
static WDF_FUNCTION *const *wdf_functions;
#define WDF_TABLE ((PVOID)&wdf_functions)
#else
static WDF_FUNCTION *wdf_functions[WDF_FUNCTIONS];
#define WDF_TABLE ((PVOID)wdf_functions)
#endif
static PVOID wdf_globals;
static WDF_BIND_INFO wdf_bind = {sizeof(WDF_BIND_INFO), (const WCHAR *)L"KmdfLibrary", 1, 15, 0,
                                 WDF_FUNCTIONS, WDF_TABLE, 0};

static inline NTSTATUS WdfDriverCreate(DRIVER_OBJECT *driver, const UNICODE_STRING *key,
                                       const WDF_DRIVER_CONFIG *config)
{
    return ((WDF_DRIVER_CREATE_FUNCTION *)wdf_functions[WDF_DRIVER_CREATE])(wdf_globals, driver, key,
                                                                           0, config, 0);
}

static inline NTSTATUS WdfMemoryCreate(POOL_TYPE pool, ULONG tag, SIZE_T size, PVOID *made)
{
    return ((WDF_MEMORY_CREATE_FUNCTION *)wdf_functions[WDF_MEMORY_CREATE])(wdf_globals, 0, pool, tag,
                                                                           size, made, 0);
}

static inline NTSTATUS WdfLookasideListCreate(SIZE_T size, POOL_TYPE pool, ULONG tag, PVOID *made)
{
    return ((WDF_LOOKASIDE_FUNCTION *)wdf_functions[WDF_LOOKASIDE_LIST_CREATE])(wdf_globals, 0, size,
                                                                               pool, 0, tag, made);
}

static inline void WDF_DRIVER_CONFIG_INIT(WDF_DRIVER_CONFIG *config, PVOID add)
{
    memset(config, 0, sizeof *config);
    config->Size = sizeof *config;
    config->EvtDriverDeviceAdd = add;
}

#endif
