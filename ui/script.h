/* Plays keys over a run without a terminal, and writes screens as text: FLUXPERF_UI_SCRIPT=FILE. */
#ifndef UI_SCRIPT_H
#define UI_SCRIPT_H

#include "ui/app.h"

/* Each line of the file is keys, parted by blanks: single characters, or names as Enter, Esc, Tab,
 * Up, Down, PgUp, F1, ^C, Space. Lines with a colon are commands:
 *   :size ROWS COLS    the screen from now on (24 80)
 *   :dump FILE         the screen as text, in the file's folder if FILE is relative
 *   :roles FILE        the role of each cell instead of its text, a letter each
 *   :wait              until the run is over
 * False when the file cannot be read, or a line is neither. */
bool script_play(const struct app_settings *settings, const char *path, struct error *error);

#endif
