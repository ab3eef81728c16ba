/* walk.h - the walk through the lines of a text, whose readers fill the document. */
#ifndef PS_TEXT_WALK_H
#define PS_TEXT_WALK_H

#include "text/document.h"

typedef struct ps_walk ps_walk;

/* NULL when memory is out. */
ps_walk *ps_walk_open(ps_text *text);
/* The next line or piece of one; nothing of it is looked at again when the next one comes. */
void ps_walk_line(ps_walk *all, const ps_line *next);
/* All lines were walked through; cut: the text ends in the middle of a character. */
void ps_walk_close(ps_walk *all, bool cut);

/* ps_text_read through windows of another size than usual. */
bool ps_text_read_windows(ps_text **out, ps_source *source, const ps_window *window,
                          const ps_progress *progress, ps_error *err);

#endif
