-- api_sets.lua - routines by what they do to their caller's driver, where no tag tells.
--   apis     a driver of this kind imports one of them
--   release  and, once it is done, one of these

return {
  { name = "object references",
    apis = { "ObReferenceObjectByHandle", "ObReferenceObjectByHandleWithTag", "ObReferenceObjectByName",
      "ObReferenceObjectByPointer", "ObfReferenceObject", "ObOpenObjectByPointer" },
    release = { "ObfDereferenceObject", "ObDereferenceObject", "ObfDereferenceObjectWithTag",
      "ObDereferenceObjectDeferDelete", "ObDereferenceObjectDeferDeleteWithTag", "ZwClose", "ObCloseHandle" },
    text = "takes references to kernel objects",
    source = "Microsoft driver documentation, ObReferenceObjectByHandle", confidence = "high" },
  { name = "process notifications",
    apis = { "PsSetCreateProcessNotifyRoutine", "PsSetCreateProcessNotifyRoutineEx",
      "PsSetCreateProcessNotifyRoutineEx2", "ObRegisterCallbacks" },
    release = {}, text = "is called at the start of each process",
    source = "Microsoft driver documentation, PsSetCreateProcessNotifyRoutineEx", confidence = "high" },
  { name = "callouts",
    apis = { "FwpsCalloutRegister0", "FwpsCalloutRegister1", "FwpsCalloutRegister2", "FwpsCalloutRegister3" },
    release = { "FwpsCalloutUnregisterById0", "FwpsCalloutUnregisterByKey0" },
    text = "is a callout of the filtering platform",
    source = "Microsoft driver documentation, FwpsCalloutRegister", confidence = "high" },
  { name = "minifilters", apis = { "FltRegisterFilter" }, release = { "FltUnregisterFilter" },
    text = "is a minifilter", source = "Microsoft driver documentation, FltRegisterFilter",
    confidence = "high" },
  { name = "event providers", apis = { "EtwRegister", "EtwRegisterClassicProvider" },
    release = { "EtwUnregister" }, text = "registers event providers",
    source = "Microsoft driver documentation, EtwRegister", confidence = "high" },
}
