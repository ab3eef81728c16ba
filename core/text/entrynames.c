/* entrynames.c - the names under which tools give the fields of events, loggers, files and hives. */
#include "text/entry.h"

#include <string.h>

#define EVENT(name, how, weight, field)                                                            \
    {                                                                                              \
        name, PS_ITEM_EVENTS, PS_ENTRY_##how, weight, offsetof(ps_event, field)                    \
    }
#define LOGGER(name, how, weight, field)                                                           \
    {                                                                                              \
        name, PS_ITEM_LOGGERS, PS_ENTRY_##how, weight, offsetof(ps_logger, field)                  \
    }
#define FILES(name, how, weight, field)                                                            \
    {                                                                                              \
        name, PS_ITEM_FILES, PS_ENTRY_##how, weight, offsetof(ps_file, field)                      \
    }
#define HIVE(name, how, weight, field)                                                             \
    {                                                                                              \
        name, PS_ITEM_HIVES, PS_ENTRY_##how, weight, offsetof(ps_hive, field)                      \
    }

enum { KEY = PS_ENTRY_KEY, LONGEST = 32 };

static const ps_entry_name names[] = {
    /* the Event Viewer's CSV, in the languages whose headings are known */
    EVENT("Event ID", NUMBER, KEY, id),
    EVENT("Ereignis-ID", NUMBER, KEY, id),
    EVENT("ID de l\xE2\x80\x99\xC3\xA9v\xC3\xA9nement", NUMBER, KEY, id),
    EVENT("ID de l'\xC3\xA9v\xC3\xA9nement", NUMBER, KEY, id),
    EVENT("Id. del evento", NUMBER, KEY, id),
    EVENT("ID evento", NUMBER, KEY, id),
    EVENT("Identifica\xC3\xA7\xC3\xA3o do Evento", NUMBER, KEY, id),
    EVENT("Gebeurtenis-id", NUMBER, KEY, id),
    EVENT("H\xC3\xA4ndelse-ID", NUMBER, KEY, id),
    EVENT("\xE3\x82\xA4\xE3\x83\x99\xE3\x83\xB3\xE3\x83\x88 ID", NUMBER, KEY, id),
    EVENT("Date and Time", TIME, 1, id),
    EVENT("Datum und Uhrzeit", TIME, 1, id),
    EVENT("Date et heure", TIME, 1, id),
    EVENT("Fecha y hora", TIME, 1, id),
    EVENT("Data e ora", TIME, 1, id),
    EVENT("Data e Hora", TIME, 1, id),
    EVENT("Datum en tijd", TIME, 1, id),
    EVENT("Datum och tid", TIME, 1, id),
    EVENT("\xE6\x97\xA5\xE4\xBB\x98\xE3\x81\xA8\xE6\x99\x82\xE5\x88\xBB", TIME, 1, id),
    EVENT("Source", TEXT, 1, provider),
    EVENT("Quelle", TEXT, 1, provider),
    EVENT("Origen", TEXT, 1, provider),
    EVENT("Origine", TEXT, 1, provider),
    EVENT("Fonte", TEXT, 1, provider),
    EVENT("Bron", TEXT, 1, provider),
    EVENT("K\xC3\xA4lla", TEXT, 1, provider),
    EVENT("\xE3\x82\xBD\xE3\x83\xBC\xE3\x82\xB9", TEXT, 1, provider),
    EVENT("Level", LEVEL, 1, level),
    EVENT("Ebene", LEVEL, 1, level),
    EVENT("Niveau", LEVEL, 1, level),
    EVENT("Nivel", LEVEL, 1, level),
    EVENT("N\xC3\xADvel", LEVEL, 1, level),
    EVENT("Livello", LEVEL, 1, level),
    EVENT("Niv\xC3\xA5", LEVEL, 1, level),
    EVENT("\xE3\x83\xAC\xE3\x83\x99\xE3\x83\xAB", LEVEL, 1, level),
    /* what is copied out of it, and what wevtutil writes */
    EVENT("Log Name", TEXT, 1, log),
    EVENT("Protokollname", TEXT, 1, log),
    EVENT("Date", TIME, 1, id),
    EVENT("Datum", TIME, 1, id),
    EVENT("Computer", HOST, 0, id),
    EVENT("Description", LONG, 0, text),
    EVENT("Beschreibung", LONG, 0, text),
    EVENT("Task Category", NOTHING, 0, id),
    EVENT("Task", NOTHING, 0, id),
    EVENT("Opcode", NOTHING, 0, id),
    EVENT("Keyword", NOTHING, 0, id),
    EVENT("Keywords", NOTHING, 0, id),
    EVENT("User", NOTHING, 0, id),
    EVENT("User Name", NOTHING, 0, id),
    /* the Event Viewer before Vista */
    EVENT("Event Type", LEVEL, 1, level),
    EVENT("Event Source", TEXT, 1, provider),
    EVENT("Event Category", NOTHING, 0, id),
    EVENT("Time", CLOCK, 0, id),
    /* PowerShell */
    EVENT("TimeCreated", TIME, 1, id),
    EVENT("ProviderName", TEXT, PS_ENTRY_SURE, provider),
    EVENT("Id", NUMBER, KEY, id),
    EVENT("LevelDisplayName", LEVEL, 1, level),
    EVENT("LogName", TEXT, 1, log),
    EVENT("MachineName", HOST, 0, id),
    EVENT("Message", LONG, 0, text),
    EVENT("EventID", NUMBER, KEY, id),
    EVENT("EntryType", LEVEL, 1, level),
    EVENT("TimeGenerated", TIME, 1, id),
    EVENT("TimeWritten", NOTHING, 0, id),
    EVENT("InstanceId", NUMBER, KEY, id),
    EVENT("Index", NOTHING, 0, id),
    EVENT("RecordId", NOTHING, 0, id),
    EVENT("ReplacementStrings", NOTHING, 0, id),
    /* WMI, EvtxECmd, Log Parser */
    EVENT("EventCode", NUMBER, KEY, id),
    EVENT("SourceName", TEXT, 1, provider),
    EVENT("Logfile", TEXT, 1, log),
    EVENT("ComputerName", HOST, 0, id),
    EVENT("Provider", TEXT, 1, provider),
    EVENT("Channel", TEXT, 1, log),
    EVENT("EventLog", TEXT, 1, log),
    EVENT("MapDescription", LONG, 0, text),
    EVENT("PayloadData1", PARAMETER, 0, parameters),
    EVENT("PayloadData2", PARAMETER, 0, parameters),
    EVENT("PayloadData3", PARAMETER, 0, parameters),
    EVENT("PayloadData4", PARAMETER, 0, parameters),
    EVENT("PayloadData5", PARAMETER, 0, parameters),
    EVENT("PayloadData6", PARAMETER, 0, parameters),
    /* evtxexport */
    EVENT("Event number", NOTHING, 0, id),
    EVENT("Creation time", TIME, 1, id),
    EVENT("Written time", TIME, 1, id),
    EVENT("Event level", LEVEL, 1, level),
    EVENT("Event type", LEVEL, 1, level),
    EVENT("Computer name", HOST, 0, id),
    EVENT("Source name", TEXT, 1, provider),
    EVENT("Channel name", TEXT, 1, log),
    EVENT("Event identifier", NUMBER, KEY, id),
    EVENT("Message string", LONG, 0, text),
    EVENT("Number of strings", NOTHING, 0, id),
    EVENT("User security identifier", NOTHING, 0, id),
    EVENT("String", PARAMETER, 0, parameters),
    EVENT("RecordNumber", NOTHING, 0, id),
    EVENT("Node", NOTHING, 0, id),

    /* logman, Get-EtwTraceSession, tracelog, xperf, !wmitrace */
    LOGGER("Name", TEXT, PS_ENTRY_KEY, name),
    LOGGER("Logger Name", TEXT, PS_ENTRY_KEY, name),
    LOGGER("LoggerName", TEXT, PS_ENTRY_KEY, name),
    LOGGER("Session Name", TEXT, PS_ENTRY_KEY, name),
    LOGGER("Logger Id", HEX, 1, id),
    LOGGER("LoggerId", HEX, 1, id),
    LOGGER("Status", STATE, 0, state),
    LOGGER("Logger Status", STATE, 0, state),
    LOGGER("Operation Status", NOTHING, 0, id),
    LOGGER("Type", TEXT, 0, type),
    LOGGER("Root Path", NOTHING, 1, id),
    LOGGER("Segment", NOTHING, 0, id),
    LOGGER("Schedules", NOTHING, 0, id),
    LOGGER("Segment Max Size", NOTHING, 1, id),
    LOGGER("Output Location", TEXT, 0, file),
    LOGGER("Append", NOTHING, 0, id),
    LOGGER("Circular", NOTHING, 0, id),
    LOGGER("Overwrite", NOTHING, 0, id),
    LOGGER("Buffer Size", KIB, PS_ENTRY_SURE, buffer_bytes),
    LOGGER("BufferSize", KIB, PS_ENTRY_SURE, buffer_bytes),
    LOGGER("Buffers Lost", NUMBER, 1, buffers_lost),
    LOGGER("Log Buffers Lost", NUMBER, 1, buffers_lost),
    LOGGER("LogBuffersLost", NUMBER, 1, buffers_lost),
    LOGGER("BuffersLost", NUMBER, 1, buffers_lost),
    LOGGER("Real Time Buffers Lost", NOTHING, 0, id),
    LOGGER("RealTimeBuffersLost", NOTHING, 0, id),
    LOGGER("Buffers Written", NUMBER, 1, buffers_written),
    LOGGER("BuffersWritten", NUMBER, 1, buffers_written),
    LOGGER("Buffer Flush Timer", NOTHING, 0, id),
    LOGGER("Flush Timer", NOTHING, 0, id),
    LOGGER("FlushTimer", NOTHING, 0, id),
    LOGGER("Clock Type", NOTHING, 0, id),
    LOGGER("File Mode", TEXT, 1, mode),
    LOGGER("Log File Mode", TEXT, 1, mode),
    LOGGER("LogFileMode", TEXT, 1, mode),
    LOGGER("Log Mode", TEXT, 1, mode),
    LOGGER("Logger Mode", TEXT, 1, mode),
    LOGGER("LoggerMode", TEXT, 1, mode),
    LOGGER("Number of Buffers", NUMBER, 1, buffers),
    LOGGER("NumberOfBuffers", NUMBER, 1, buffers),
    LOGGER("Buffers in use", NUMBER, 1, buffers),
    LOGGER("Minimum Buffers", NUMBER, 1, minimum),
    LOGGER("MinimumBuffers", NUMBER, 1, minimum),
    LOGGER("MinBuffers", NUMBER, 1, minimum),
    LOGGER("Maximum Buffers", NUMBER, 1, maximum),
    LOGGER("MaximumBuffers", NUMBER, 1, maximum),
    LOGGER("MaxBuffers", NUMBER, 1, maximum),
    LOGGER("Free Buffers", NUMBER, 1, free_buffers),
    LOGGER("FreeBuffers", NUMBER, 1, free_buffers),
    LOGGER("BuffersAvailable", NUMBER, 1, free_buffers),
    LOGGER("Events Lost", NUMBER, 1, events_lost),
    LOGGER("EventsLost", NUMBER, 1, events_lost),
    LOGGER("Log Filename", TEXT, 0, file),
    LOGGER("Log File", TEXT, 0, file),
    LOGGER("LogFileName", TEXT, 0, file),
    LOGGER("LogFile", TEXT, 0, file),
    LOGGER("Logger Thread Id", NOTHING, 0, id),
    LOGGER("Age Limit", NOTHING, 0, id),
    LOGGER("AgeLimit", NOTHING, 0, id),
    LOGGER("Maximum File Size", NOTHING, 0, id),
    LOGGER("Trace Flags", NOTHING, 0, id),
    LOGGER("Enabled tracing", NOTHING, 0, id),

    /* sigcheck */
    FILES("Path", TEXT, KEY, path),
    FILES("Verified", TEXT, KEY, verified),
    FILES("Date", DATE, 0, signed_at),
    FILES("Signing date", DATE, 1, signed_at),
    FILES("Link date", DATE, 0, linked_at),
    FILES("File date", NOTHING, 0, path),
    FILES("Publisher", TEXT, 1, publisher),
    FILES("Company", TEXT, 1, company),
    FILES("Description", TEXT, 1, description),
    FILES("Product", TEXT, 1, product),
    FILES("Prod version", TEXT, 1, product_version),
    FILES("Product Version", TEXT, 1, product_version),
    FILES("File version", TEXT, 1, version),
    FILES("Version", TEXT, 0, product_version),
    FILES("MachineType", TEXT, 1, machine),
    FILES("Machine Type", TEXT, 1, machine),
    FILES("Binary Version", NOTHING, 0, path),
    FILES("Original Name", NOTHING, 0, path),
    FILES("Internal Name", NOTHING, 0, path),
    FILES("Copyright", NOTHING, 0, path),
    FILES("Comments", NOTHING, 0, path),
    FILES("Entropy", NOTHING, 0, path),
    FILES("Catalog", NOTHING, 0, path),
    FILES("Signers", NOTHING, 0, path),
    FILES("MD5", TEXT, 1, md5),
    FILES("SHA1", TEXT, 1, sha1),
    FILES("SHA256", TEXT, 1, sha256),
    FILES("PESHA1", NOTHING, 0, path),
    FILES("PE256", NOTHING, 0, path),
    FILES("IMP", TEXT, 0, imphash),
    FILES("VT detection", TEXT, 0, detections),
    FILES("VT link", NOTHING, 0, path),

    /* PowerShell's files */
    HIVE("FullName", TEXT, KEY, path),
    HIVE("Length", NUMBER, KEY, bytes),
    HIVE("PSPath", NOTHING, 0, path),
    HIVE("Mode", NOTHING, 0, path),
};

const ps_entry_name *ps_entry_find(ps_item_kind kind, ps_span name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].kind == kind && ps_word_is(name, names[i].name))
            return &names[i];
    return NULL;
}

bool ps_entry_knows(ps_span name)
{
    if (name.at == name.end || name.end - name.at > LONGEST || ps_is_digit(*name.at))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ps_word_is(name, names[i].name))
            return true;
    return false;
}

/* Of events an identity and two more, of others what they must have, and one more. */
static bool suffices(ps_item_kind kind, unsigned keys, unsigned weight)
{
    switch (kind) {
    case PS_ITEM_EVENTS:
        return keys >= 1 && weight >= 2;
    case PS_ITEM_LOGGERS:
        return keys >= 1 && weight >= PS_ENTRY_SURE;
    case PS_ITEM_FILES:
    case PS_ITEM_HIVES:
        return keys == 2;
    default:
        return false;
    }
}

ps_item_kind ps_entry_sense(const ps_span *spans, size_t count)
{
    for (ps_item_kind kind = 0; kind < PS_ITEM_KINDS; kind++) {
        unsigned keys = 0, weight = 0;
        for (size_t i = 0; i < count; i++) {
            const ps_entry_name *name = ps_entry_find(kind, spans[i]);
            if (name == NULL)
                continue;
            keys += name->weight == PS_ENTRY_KEY;
            weight += name->weight == PS_ENTRY_KEY ? 0 : name->weight;
        }
        if (suffices(kind, keys, weight))
            return kind;
    }
    return PS_ITEM_KINDS;
}
