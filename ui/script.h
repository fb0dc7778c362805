/* Plays keys over a screen without a terminal, and writes what it shows as text:
 * FLUXPERF_UI_SCRIPT=FILE. */
#ifndef UI_SCRIPT_H
#define UI_SCRIPT_H

#include "ui/app.h"
#include "ui/sheet.h"

/* Each line of the file is keys, parted by blanks: single characters, or names as Enter, Esc, Tab,
 * Up, Down, PgUp, F1, ^C, Space. Lines with a colon are commands:
 *   :size ROWS COLS    the screen from now on (24 80)
 *   :dump FILE         the screen as text, in the file's folder if FILE is relative
 *   :roles FILE        what the theme gives a colour: in each row, a letter for the role and
 * columns :marks FILE        what stands out without colours: B bold, D dim, R reverse, U underline
 *   :wait              until the run is over; on a page, until there is nothing new
 * False when the file cannot be read, or a line is neither. */
bool script_play(const struct app_settings *settings, const char *path, struct error *error);

/* The same for a page, until a key ends it, which `done` says: what comes after that key is for the
 * screen that comes after the page, and the next play of this file begins there. */
bool script_play_sheet(const struct sheet *sheet, void *page, bool ascii, const char *path,
                       bool *done, struct error *error);

#endif
