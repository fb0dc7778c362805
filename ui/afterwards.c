/* What was decided about a run when it was over, which levels were hidden and what it was held
 * against last: its journal keeps it, so that later looks at it, and files made again, say the
 * same.
 */
#include "base/log.h"
#include "ui/view.h"

/* The run's last instant: times in it go no further. */
static uint64_t end_ns(const struct run *run)
{
    uint32_t count = changes_count(&run->changes);
    return count ? changes_at(&run->changes, count - 1)->at_ns : 0;
}

bool ui_has_decisions(const struct ui *ui)
{
    bool any = ui->baseline_chosen;
    for (uint32_t i = 0; !any && ui->run && i < ui->run->level_count; i++)
        any = ui_is_hidden(ui, ui->run->levels[i]) != ui->run->levels[i]->hidden;
    return any;
}

static void put_decisions(struct journal *journal, const struct ui *ui)
{
    const struct run *run = ui->run;
    for (uint32_t i = 0; i < run->level_count; i++) {
        bool hidden = ui_is_hidden(ui, run->levels[i]);
        if (hidden != run->levels[i]->hidden)
            journal_put_hide(journal, run->levels[i]->number, hidden, end_ns(run));
    }
    struct baseline_choice choice = baseline_choice(&ui->baseline);
    if (ui->baseline_chosen)
        journal_put_baseline(journal, &choice, end_ns(run));
}

bool ui_keep_decisions(const struct ui *ui)
{
    struct journal journal;
    struct error error = {0};
    bool ok = journal_open_again(&journal, ui->directory, &error);
    if (ok) {
        put_decisions(&journal, ui);
        ok = journal_close(&journal) || error_set(&error, "the journal cannot be written");
    }
    if (!ok)
        log_warning("what was hidden or chosen as baseline is not kept: %s", error.text);
    return ok;
}
