#include "client/worker.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "client/connections.h"
#include "client/conversation.h"
#include "client/transport.h"

/* Requests begun in one turn of the loop. Each takes some 15 µs, with libcurl 50, in which answers
 * wait. */
#define DISPATCH_BATCH 4
/* How soon a stop, a skip or the end of a round's time is seen. */
#define SWEEP_NS (50 * NS_PER_MS)

/* ---- taking requests ---- */

static bool may_send(const struct worker *worker)
{
    return worker->current && !worker->current->connections &&
           !atomic_load_explicit(&worker->control->server_down, memory_order_relaxed) &&
           !atomic_load_explicit(&worker->control->paused, memory_order_relaxed);
}

/* NULL in a closed loop. */
static const struct arrivals *arrivals_of(const struct worker *worker)
{
    return atomic_load_explicit(&worker->current->arrivals, memory_order_acquire);
}

static uint64_t due_ns(const struct worker *worker, uint64_t offset_ns)
{
    return worker->current->start_ns + offset_ns +
           atomic_load_explicit(&worker->control->paused_ns, memory_order_relaxed);
}

static bool may_dispatch(const struct worker *worker)
{
    return may_send(worker) && !worker->drained;
}

static void push_not_sent(struct worker *worker, uint32_t count)
{
    if (count == 0)
        return;
    struct event event = {
        .at_ns = now_ns(), .round = worker->current->round, .kind = EVENT_NOT_SENT, .count = count};
    event_push(&worker->lane, &event);
}

static void end_conversation(struct worker *worker, const struct request *last)
{
    conversation_end_with(last);
    push_not_sent(worker, request_turns_left(last) - 1);
}

static struct transfer *take_waiting_turn(struct worker *worker)
{
    struct timer *timer = timers_first(&worker->turns);
    if (!timer)
        return NULL;
    timers_remove(&worker->turns, timer);
    return (struct transfer *)(void *)((char *)timer - offsetof(struct transfer, turn_timer));
}

/* First in, first out: the slot that has waited longest is taken next, so that its wait is seen. */
static void put_idle(struct worker *worker, struct transfer *transfer)
{
    uint32_t place = (worker->idle_first + worker->idle_count) % worker->transfer_count;
    worker->idle[place] = transfer;
    worker->idle_count++;
}

static struct transfer *take_idle(struct worker *worker)
{
    if (worker->idle_count) {
        struct transfer *first = worker->idle[worker->idle_first];
        worker->idle_first = (worker->idle_first + 1) % worker->transfer_count;
        worker->idle_count--;
        return first;
    }
    struct transfer *transfer = worker->kind->transfer_new(worker->transport);
    if (!transfer)
        die("there is no room for another request (%u are in flight)", worker->transfer_count);
    size_t count = worker->transfer_count + 1u;
    worker->transfers = xreallocarray(worker->transfers, count, sizeof *worker->transfers);
    worker->idle = xreallocarray(worker->idle, count, sizeof *worker->idle);
    worker->transfers[worker->transfer_count++] = transfer;
    worker->idle_first = 0;
    return transfer;
}

/* What is left becomes "not sent". */
static void drain(struct worker *worker)
{
    struct work *work = worker->current;
    struct transfer *waiting;
    while ((waiting = take_waiting_turn(worker))) {
        end_conversation(worker, waiting->stream.request);
        put_idle(worker, waiting);
        worker->in_flight--;
    }
    if (worker->drained)
        return;
    worker->drained = true;
    uint32_t left = 0;
    if (arrivals_of(worker)) {
        for (; worker->next_arrival < work->count; worker->next_arrival += work->worker_count)
            left += request_turns_left(work->requests[worker->next_arrival]);
    } else {
        uint32_t next = atomic_exchange_explicit(&work->next, work->count, memory_order_relaxed);
        for (; next < work->count; next++)
            left += request_turns_left(work->requests[next]);
    }
    push_not_sent(worker, left);
}

/* The next request of the closed loop; NULL when all are taken. */
static const struct request *take_closed(struct worker *worker)
{
    struct work *work = worker->current;
    uint32_t next = atomic_load_explicit(&work->next, memory_order_relaxed);
    while (next < work->count)
        if (atomic_compare_exchange_weak_explicit(&work->next, &next, next + 1,
                                                  memory_order_relaxed, memory_order_relaxed))
            return work->requests[next];
    worker->drained = true;
    return NULL;
}

/* Whether the slot stays with the conversation, for its next turn. */
static bool goes_on(struct worker *worker, struct transfer *transfer)
{
    const struct request *ended = transfer->stream.request;
    bool over = control_must_end(worker->control) ||
                transfer->free_since_ns >= worker->current->deadline_ns;
    transfer->next_turn = over ? NULL
                               : conversation_next(ended, &transfer->stream.record,
                                                   buffer_text(&transfer->stream.reply));
    if (!transfer->next_turn) {
        end_conversation(worker, ended);
        return false;
    }
    transfer->next_turn_ns = transfer->stream.record.end_ns + worker->current->turn_delay_ns;
    timers_set(&worker->turns, &transfer->turn_timer, transfer->next_turn_ns);
    return true;
}

/* After a transfer ended: its slot is free, or its conversation's next turn waits in it, and what
 * its end tells about the server is noted. */
static void on_ended(void *context, struct transfer *transfer)
{
    struct worker *worker = context;
    struct control *control = worker->control;
    if (!goes_on(worker, transfer)) {
        put_idle(worker, transfer);
        worker->in_flight--;
    }
    enum error_class class = (enum error_class)transfer->stream.record.error;
    if (class != ERR_CONNECT && class != ERR_TIMEOUT_CONNECT) {
        if (class != ERR_CANCELLED)
            atomic_store_explicit(&control->connect_failures, 0, memory_order_relaxed);
        return;
    }
    uint32_t failures =
        1 + atomic_fetch_add_explicit(&control->connect_failures, 1, memory_order_relaxed);
    if (failures >= atomic_load_explicit(&control->connect_failures_limit, memory_order_relaxed))
        atomic_store_explicit(&control->server_down, true, memory_order_relaxed);
}

static void on_opened(void *context, uint32_t count)
{
    struct worker *worker = context;
    worker->opening -= count;
    worker->opened += count;
}

static void start(struct worker *worker, struct transfer *transfer, const struct request *request,
                  uint64_t intended_ns, bool ramped)
{
    worker->in_flight++;
    transfer_start(transfer, request, intended_ns, ramped);
}

/* Closed loop: a request is meant for the instant its slot became free, a later turn for the end of
 * its user's pause; in this round and not while it stood still. */
static uint64_t meant_ns(const struct worker *worker, uint64_t free_ns)
{
    uint64_t start_ns = worker->current->start_ns;
    uint64_t resumed_ns = atomic_load_explicit(&worker->control->resumed_ns, memory_order_relaxed);
    uint64_t earliest = resumed_ns > start_ns ? resumed_ns : start_ns;
    return free_ns > earliest ? free_ns : earliest;
}

static void dispatch_turns(struct worker *worker, uint64_t now)
{
    struct transfer *transfer;
    for (int i = 0; i < DISPATCH_BATCH && timers_first_ns(&worker->turns) <= now &&
                    (transfer = take_waiting_turn(worker));
         i++) {
        worker->in_flight--; /* it is counted again */
        start(worker, transfer, transfer->next_turn, meant_ns(worker, transfer->next_turn_ns),
              false);
    }
}

static void dispatch_closed(struct worker *worker)
{
    struct work *work = worker->current;
    /* A worker without a slot of its own takes none, and would not see that none is left. */
    if (worker->quota == 0 &&
        atomic_load_explicit(&work->next, memory_order_relaxed) >= work->count)
        worker->drained = true;
    for (int i = 0; i < DISPATCH_BATCH && worker->in_flight < worker->quota; i++) {
        const struct request *request = take_closed(worker);
        if (!request)
            return;
        struct transfer *transfer = take_idle(worker);
        start(worker, transfer, request, meant_ns(worker, transfer->free_since_ns), false);
    }
}

static void dispatch_open(struct worker *worker, uint64_t now)
{
    struct work *work = worker->current;
    for (int i = 0; i < DISPATCH_BATCH && worker->in_flight < worker->quota; i++) {
        uint32_t index = worker->next_arrival;
        if (index >= work->count) {
            worker->drained = true;
            return;
        }
        const struct arrivals *arrivals = arrivals_of(worker);
        uint64_t offset_ns = arrivals->offset_ns[index], due = due_ns(worker, offset_ns);
        if (due > now)
            return;
        worker->next_arrival += work->worker_count;
        start(worker, take_idle(worker), work->requests[index], due, offset_ns < arrivals->ramp_ns);
    }
}

static void dispatch(struct worker *worker, uint64_t now)
{
    if (!may_send(worker))
        return;
    if (now >= worker->current->deadline_ns)
        drain(worker);
    dispatch_turns(worker, now);
    if (worker->drained)
        return;
    if (arrivals_of(worker))
        dispatch_open(worker, now);
    else
        dispatch_closed(worker);
}

/* ---- one turn of the loop ---- */

static void cancel_all(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->transfer_count; i++)
        if (worker->transfers[i]->in_flight)
            transfer_abort(worker->transfers[i], ERR_CANCELLED, "cancelled");
}

/* ---- work ---- */

static uint32_t share_of(uint32_t total, const struct worker *worker, uint32_t workers)
{
    return total / workers + (worker->number < total % workers);
}

/* The load may change while a round is on. */
static void take_concurrency(struct worker *worker)
{
    const struct work *work = worker->current;
    uint32_t concurrency =
        atomic_load_explicit(&worker->control->concurrency, memory_order_relaxed);
    worker->owner.segment = atomic_load_explicit(&worker->control->segment, memory_order_relaxed);
    if (concurrency == worker->concurrency || work->connections)
        return;
    worker->concurrency = concurrency;
    worker->quota = concurrency ? share_of(concurrency, worker, work->worker_count) : UINT32_MAX;
    /* Arrivals have their worker: without a slot it would never send those it has. */
    if (worker->quota == 0 && arrivals_of(worker))
        worker->quota = 1;
    worker->kind->keep(worker->transport, worker->quota);
}

static void begin_work(struct worker *worker, struct work *work)
{
    struct transfer_owner *owner = &worker->owner;
    worker->current = work;
    worker->drained = false;
    worker->next_arrival = worker->number;
    worker->opening = worker->opened = 0;
    worker->quota = UINT32_MAX;
    worker->concurrency = 0;
    if (work->connections) {
        worker->quota = share_of(work->connections, worker, work->worker_count);
        worker->kind->keep(worker->transport, worker->quota);
    }

    owner->level = work->level;
    owner->round = work->round;
    owner->connects = 0;
    lag_begin_round(&owner->lag);
    worker->work_begun_ns = owner->alive_ns = now_ns();
    worker->work_waited_ns = worker->loop.waited_ns;
    worker->work_cpu_ns = thread_cpu_ns();
    worker->work_made = worker->lane.made;
    worker->work_skipped = worker->lane.skipped;
}

static void end_work(struct worker *worker)
{
    uint64_t elapsed_ns = now_ns() - worker->work_begun_ns;
    uint64_t waited_ns = worker->loop.waited_ns - worker->work_waited_ns;
    worker->report = (struct worker_report){
        .busy = elapsed_ns > waited_ns ? (double)(elapsed_ns - waited_ns) / (double)elapsed_ns : 0,
        .cpu_s = (double)(thread_cpu_ns() - worker->work_cpu_ns) / 1e9,
        .connects = worker->owner.connects,
        .chunks_made = worker->lane.made - worker->work_made,
        .chunks_skipped = worker->lane.skipped - worker->work_skipped,
        .lag_at_least = worker->owner.lag.at_least};
    worker->current = NULL;
    atomic_store_explicit(&worker->work, NULL, memory_order_release);
    worker->on_done(worker->on_done_context);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_deadline(const struct worker *worker, bool lane_empty, uint64_t now)
{
    uint64_t deadline = worker->kind->next_ns(worker->transport);
    if (!lane_empty)
        deadline = earlier(deadline, now + NS_PER_MS);
    if (!worker->current)
        return deadline;
    deadline = earlier(deadline, worker->sweep_ns);
    deadline = earlier(deadline, timers_first_ns(&worker->owner.limits));
    if (may_send(worker))
        deadline = earlier(deadline, timers_first_ns(&worker->turns));
    if (!may_dispatch(worker) || worker->in_flight >= worker->quota)
        return deadline;
    /* More could be sent now, or at its instant. */
    const struct arrivals *arrivals = arrivals_of(worker);
    uint64_t next = 0;
    if (arrivals && worker->next_arrival < worker->current->count)
        next = due_ns(worker, arrivals->offset_ns[worker->next_arrival]);
    return earlier(deadline, earlier(next, worker->current->deadline_ns));
}

static void sweep(struct worker *worker, uint64_t now)
{
    if (control_must_end(worker->control) && !worker->current->connections) {
        drain(worker);
        cancel_all(worker);
    }
    if (now >= worker->current->deadline_ns && !worker->current->connections)
        drain(worker);
    worker->sweep_ns = now + SWEEP_NS;
}

/* One wait and everything that came of it. */
static void turn(struct worker *worker, uint64_t deadline_ns, uint64_t now)
{
    struct transfer_owner *owner = &worker->owner;
    struct loop_ready ready[READY_BATCH];
    transfer_owner_alive(owner, now, 0);
    uint64_t waited_ns = worker->loop.waited_ns;
    size_t count = loop_wait(&worker->loop, deadline_ns, ready, READY_BATCH);
    uint64_t woke_ns = worker->loop.woke_ns;
    transfer_owner_alive(owner, woke_ns, deadline_ns > now ? deadline_ns - now : 0);
    lag_note_wait(&owner->lag, woke_ns, deadline_ns > now ? deadline_ns : now,
                  worker->loop.waited_ns - waited_ns, count, count < READY_BATCH);

    worker->kind->serve(worker->transport, ready, count);
    worker->kind->serve_timers(worker->transport);
    if (timers_first_ns(&owner->limits) != UINT64_MAX)
        transfer_check_limits(owner, owner->alive_ns);
}

void *worker_main(void *argument)
{
    struct worker *worker = argument;
    while (!atomic_load_explicit(&worker->quit, memory_order_acquire)) {
        struct work *work = atomic_load_explicit(&worker->work, memory_order_acquire);
        if (work && work != worker->current)
            begin_work(worker, work);
        uint64_t now = now_ns();
        if (worker->current) {
            take_concurrency(worker);
            if (now >= worker->sweep_ns || control_must_end(worker->control))
                sweep(worker, now);
            if (worker->current->connections)
                connections_open(worker, now);
            else
                dispatch(worker, now);
        }
        bool lane_empty = event_lane_settle(&worker->lane);
        if (worker->current && worker->drained && worker->in_flight == 0 && worker->opening == 0 &&
            lane_empty)
            end_work(worker);
        turn(worker, next_deadline(worker, lane_empty, now), now);
    }
    return NULL;
}

bool worker_init(struct worker *worker, uint32_t number, const struct transfer_settings *settings,
                 struct control *control, struct error *error)
{
    *worker = (struct worker){.number = number, .control = control, .kind = settings->transport};
    if (!loop_init(&worker->loop, error))
        return false;
    worker->owner = (struct transfer_owner){.settings = settings,
                                            .lane = &worker->lane,
                                            .ended = on_ended,
                                            .opened = on_opened,
                                            .context = worker};
    worker->transport = worker->kind->create(&worker->loop, &worker->owner, error);
    worker->owner.transport = worker->transport;
    if (!worker->transport) {
        loop_free(&worker->loop);
        return false;
    }
    event_lane_init(&worker->lane);
    lag_init(&worker->owner.lag, number + 1);
    return true;
}

void worker_free(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->transfer_count; i++)
        worker->kind->transfer_free(worker->transfers[i]);
    free(worker->transfers);
    free(worker->idle);
    worker->kind->destroy(worker->transport);
    timers_free(&worker->turns);
    timers_free(&worker->owner.limits);
    lag_free(&worker->owner.lag);
    event_lane_free(&worker->lane);
    loop_free(&worker->loop);
}
