/* Runs side by side on the screen: for a level and round its figures as rows, the runs as columns,
 * and how far one of them is from the first, with its interval, and whether that is claimed. */
#ifndef UI_COMPARE_PAGE_H
#define UI_COMPARE_PAGE_H

#include "report/compare.h"
#include "ui/sheet.h"
#include "ui/view.h"

struct compare_page {
    const struct compare *compare;
    size_t group;     /* that is shown */
    size_t side;      /* whose difference from the first one is shown */
    struct list list; /* the cursor is the first line shown */
};

/* `compare` outlives the page; it has a group. */
void compare_page_init(struct compare_page *page, const struct compare *compare);
void compare_page_draw(void *page, struct canvas *canvas);
/* False when it is done with. */
bool compare_page_key(void *page, int key);
/* Until it is left; see sheet_run. */
enum sheet_end compare_page_show(const struct compare *compare,
                                 const struct sheet_terminal *terminal, struct error *error);

#endif
