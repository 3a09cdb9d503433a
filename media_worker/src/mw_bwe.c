/* How much may be sent to one receiver. */

#include "mw_bwe.h"
#include "mw_twcc.h"

/* draft-ietf-rmcat-gcc-02 sections 5.5 and 6 */
#define MW_BWE_DECREASE 0.85
#define MW_BWE_TOUCH    0.93 /* where the queue is still short */
#define MW_BWE_INCREASE 0.08 /* a second, far from where it was too much */
#define MW_BWE_NEAR     0.15 /* of the capacity */
#define MW_BWE_HEADROOM 1.5  /* over what arrives: more is not tried out */

/*
 * Loss that stays the same when less is sent is none of our making: it is
 * tried out once, and then only what comes on top counts.
 */
#define MW_BWE_LOSS_HIGH  0.10
#define MW_BWE_LOSS_SAME  0.75
#define MW_BWE_LOSS_MOST  0.35     /* that is taken for inherent */
#define MW_BWE_LOSS_FLOOR 150000.0 /* loss alone does not lead below */
#define MW_BWE_LOSSY      0.15     /* from here on, and until this */
#define MW_BWE_LOSSY_LESS 0.10
#define MW_BWE_LOSS_TIME  (500 * MW_MSEC)
#define MW_BWE_LOSS_COUNT 50

/* a further decrease so soon after one looks back on more */
#define MW_BWE_SECOND MW_SEC

/* between two decreases, more than the round trip */
#define MW_BWE_REST (150 * MW_MSEC)

/* a packet a round trip, while near the capacity */
#define MW_BWE_STEP_BITS 9600.0

/* a queue is one if it stays over so many buckets; shorter ones are none */
#define MW_BWE_LATELY 3
#define MW_BWE_QUEUE  (20 * MW_MSEC)

/* so much of it is too much, whatever its trend */
#define MW_BWE_STANDING (80 * MW_MSEC)

/* the empty way is looked for anew that often */
#define MW_BWE_BASE (10 * MW_SEC)

/* nothing heard for so long about what was sent */
#define MW_BWE_SILENCE (2 * MW_SEC)

/* statuses that are read for each packet sent, and so many at most */
#define MW_BWE_CREDIT     4
#define MW_BWE_CREDIT_MAX (MW_BWE_CREDIT * MW_BWE_WINDOW)

/* of a receiver's own estimate: less than that is less, not a tremble */
#define MW_BWE_TOLD_LESS 0.95


static bool mw_bwe_remembers(const mw_bwe_t *b, uint16_t seq);
static void mw_bwe_arrived(mw_bwe_t *b, mw_bwe_packet_t *pkt, mw_usec_t at);
static double mw_bwe_rate(const mw_bwe_t *b, int64_t span);
static bool mw_bwe_over(mw_bwe_t *b);
static void mw_bwe_count(
    mw_bwe_t *b, size_t size, mw_usec_t sent, mw_usec_t at);
static bool mw_bwe_near(double a, double b, double share);
static void mw_bwe_by_delay(mw_bwe_t *b, mw_usec_t now);
static void mw_bwe_by_loss(mw_bwe_t *b, mw_usec_t now);
static void mw_bwe_set(mw_bwe_t *b, double estimate);


void
mw_bwe_init(mw_bwe_t *b, mw_usec_t now)
{
    memset(b, 0, sizeof(*b));

    mw_bwe_trend_init(&b->trend);
    b->estimate = MW_BWE_START;
    b->updated = now;
    b->loss_from = now;
    b->probe.again = true; /* the first one starts at once */
}


uint16_t
mw_bwe_next(mw_bwe_t *b, size_t size, mw_usec_t now)
{
    mw_bwe_packet_t *pkt;

    pkt = &b->packets[b->seq & (MW_BWE_WINDOW - 1)];
    pkt->sent = now;
    pkt->size = size > UINT16_MAX ? UINT16_MAX : (uint16_t) size;
    pkt->state = MW_BWE_PACKET_SENT;
    pkt->probe = b->probe.running;
    b->credit += b->credit < MW_BWE_CREDIT_MAX ? MW_BWE_CREDIT : 0;

    if (pkt->probe) {
        mw_bwe_probe_sent(b, size, now);
    }

    if (b->heard != 0 && now - b->heard > MW_BWE_SILENCE) {
        /* feedback stopped while we went on: the way may be cut */
        mw_bwe_set(b, b->estimate / 2);
        b->heard = now;
    }

    return b->seq++;
}


mw_rc_t
mw_bwe_feedback(mw_bwe_t *b, const uint8_t *data, size_t len, mw_usec_t now)
{
    bool any;
    mw_usec_t sent;
    mw_twcc_iter_t it;
    mw_bwe_packet_t *pkt;
    mw_twcc_status_t status;

    /* a packet is reported once: a flood of reports is not worth reading */

    if (b->credit == 0 || mw_twcc_read(&it, data, len) != MW_OK) {
        return MW_DROP;
    }

    if (!mw_bwe_remembers(b, it.base)) {
        mw_twcc_skip(&it, (uint16_t) (b->seq - MW_BWE_WINDOW - it.base));
    }

    any = false;
    sent = 0;

    while (b->credit > 0 && mw_twcc_next(&it, &status)
           && mw_bwe_remembers(b, status.seq))
    {
        b->credit--;
        pkt = &b->packets[status.seq & (MW_BWE_WINDOW - 1)];

        if (pkt->state == MW_BWE_PACKET_NONE
            || pkt->state == MW_BWE_PACKET_ARRIVED) {
            continue;
        }

        any = true;

        if (status.received) {
            sent = pkt->sent > sent ? pkt->sent : sent;
            mw_bwe_arrived(b, pkt, status.at);

        } else if (pkt->state == MW_BWE_PACKET_SENT) {
            pkt->state = MW_BWE_PACKET_LOST;

            if (pkt->sent >= b->decreased) {
                b->expected++;
                b->lost++;
            }
        }
    }

    if (!any) {
        return MW_DROP;
    }

    b->heard = now;

    if (sent != 0) {
        b->rtt = b->rtt == 0 ? now - sent : (7 * b->rtt + now - sent) / 8;
    }

    mw_bwe_by_delay(b, now);
    mw_bwe_by_loss(b, now);
    mw_bwe_probe_result(b, now);
    b->updated = now;

    return MW_OK;
}


/* was sent not long ago */
static bool
mw_bwe_remembers(const mw_bwe_t *b, uint16_t seq)
{
    return (uint16_t) (b->seq - 1 - seq) < MW_BWE_WINDOW;
}


uint32_t
mw_bwe_estimate(const mw_bwe_t *b)
{
    return (uint32_t) b->estimate;
}


bool
mw_bwe_known(const mw_bwe_t *b)
{
    return b->told || (b->heard != 0 && b->probe.next != 0);
}


void
mw_bwe_want(mw_bwe_t *b, uint32_t rate)
{
    b->wanted = rate;
}


double
mw_bwe_loss(const mw_bwe_t *b)
{
    return b->loss;
}


bool
mw_bwe_lossy(const mw_bwe_t *b)
{
    return b->lossy;
}


void
mw_bwe_tell(mw_bwe_t *b, uint32_t rate, mw_usec_t now)
{
    if (rate < b->estimate * MW_BWE_TOLD_LESS) {
        b->decreased = now;
    }

    b->told = true;
    b->heard = now;
    b->updated = now;
    mw_bwe_set(b, rate);
}


void
mw_bwe_tell_loss(mw_bwe_t *b, double share)
{
    b->loss = (3 * b->loss + share) / 4;
}


void
mw_bwe_count_sent(mw_bwe_t *b, size_t size)
{
    if (b->probe.running) {
        b->probe.sent += size;
    }
}


void
mw_bwe_receive(mw_bwe_t *b, mw_usec_t rtt, mw_usec_t now)
{
    mw_bwe_init(b, now);

    b->estimate = MW_BWE_MAX;
    b->rtt = rtt;
}


void
mw_bwe_received(mw_bwe_t *b, size_t size, mw_usec_t sent, mw_usec_t now)
{
    mw_bwe_count(b, size, sent, now);

    if (sent != MW_NEVER) {
        (void) mw_bwe_trend_packet(&b->trend, sent, now);
    }

    if (now - b->updated >= MW_BWE_BUCKET) {
        mw_bwe_by_delay(b, now);
        b->updated = now;
    }
}


static void
mw_bwe_arrived(mw_bwe_t *b, mw_bwe_packet_t *pkt, mw_usec_t at)
{
    /* loss from before a decrease is what led to it */

    if (pkt->sent < b->decreased) {
        /* void */

    } else if (pkt->state == MW_BWE_PACKET_LOST) {
        b->lost -= b->lost != 0; /* it was only late */

    } else {
        b->expected++;
    }

    pkt->state = MW_BWE_PACKET_ARRIVED;
    mw_bwe_count(b, pkt->size, pkt->sent, at);
    (void) mw_bwe_trend_packet(&b->trend, pkt->sent, at);

    if (pkt->probe) {
        mw_bwe_probe_arrived(b, pkt, at);
    }
}


/* what arrives, by the receiver's clock */
static void
mw_bwe_count(mw_bwe_t *b, size_t size, mw_usec_t sent, mw_usec_t at)
{
    int64_t n;
    mw_usec_t way, *low;

    n = at / MW_BWE_BUCKET + 1;

    if (b->bucket_at == 0 || n - b->bucket_at >= MW_BWE_BUCKETS
        || b->bucket_at - n >= MW_BWE_BUCKETS)
    {
        memset(b->bucket, 0, sizeof(b->bucket));
        b->bucket_at = n;
        b->bucket_from = n;
        b->low[(uint64_t) n % MW_BWE_BUCKETS] = MW_NEVER;
        b->base[0] = b->base[1] = MW_NEVER;
        b->base_from = at;
    }

    while (b->bucket_at < n) {
        b->bucket[(uint64_t) ++b->bucket_at % MW_BWE_BUCKETS] = 0;
        b->low[(uint64_t) b->bucket_at % MW_BWE_BUCKETS] = MW_NEVER;
    }

    b->bucket[(uint64_t) n % MW_BWE_BUCKETS] += (uint32_t) size;

    if (sent == MW_NEVER) {
        return;
    }

    way = at - sent;
    low = &b->low[(uint64_t) n % MW_BWE_BUCKETS];
    *low = way < *low ? way : *low;

    if (at - b->base_from > MW_BWE_BASE) {
        b->base[1] = b->base[0];
        b->base[0] = way;
        b->base_from = at;
    }

    b->base[0] = way < b->base[0] ? way : b->base[0];
}


/*
 * What stays in the queue: also the luckiest packet of late had to wait that
 * long.  A network that only trembles leaves it near zero.
 */
mw_usec_t
mw_bwe_queue(const mw_bwe_t *b)
{
    int64_t n;
    mw_usec_t low, base;

    low = MW_NEVER;
    base = b->base[0] < b->base[1] ? b->base[0] : b->base[1];

    for (n = b->bucket_at; n > b->bucket_at - MW_BWE_LATELY; n--) {
        if (n >= b->bucket_from && b->low[(uint64_t) n % MW_BWE_BUCKETS] < low)
        {
            low = b->low[(uint64_t) n % MW_BWE_BUCKETS];
        }
    }

    return low == MW_NEVER || base == MW_NEVER ? 0 : low - base;
}


/*
 * bit/s over so many buckets, 0: not known yet.  Without the newest, which is
 * not full.
 */
static double
mw_bwe_rate(const mw_bwe_t *b, int64_t span)
{
    double sum;
    int64_t n;

    if (b->bucket_at - b->bucket_from < MW_BWE_LATELY) {
        return 0;
    }

    span = b->bucket_at - b->bucket_from < span ? b->bucket_at - b->bucket_from
                                                : span;
    sum = 0;

    for (n = b->bucket_at - span; n < b->bucket_at; n++) {
        sum += b->bucket[(uint64_t) n % MW_BWE_BUCKETS];
    }

    return sum * 8 * MW_SEC / (double) (span * MW_BWE_BUCKET);
}


static bool
mw_bwe_near(double a, double b, double share)
{
    return a > b * (1 - share) && a < b * (1 + share);
}


/* too much is on its way; a queue that has begun to shrink is left to do so */
static bool
mw_bwe_over(mw_bwe_t *b)
{
    mw_usec_t queue;

    queue = mw_bwe_queue(b);

    if (queue < MW_BWE_QUEUE) {
        b->peak = 0;
        return false;
    }

    b->peak = queue > b->peak ? queue : b->peak;

    return (b->trend.signal == MW_BWE_OVER
               || (b->trend.signal == MW_BWE_NORMAL
                   && queue >= MW_BWE_STANDING))
           && queue >= b->peak / 10 * 9;
}


static void
mw_bwe_by_delay(mw_bwe_t *b, mw_usec_t now)
{
    double rate, seconds, most, next;

    if (mw_bwe_over(b)) {
        /* what came while there was a queue is all that the way can carry */
        rate = mw_bwe_rate(b, now - b->decreased < MW_BWE_SECOND
                                  ? 2 * MW_BWE_LATELY
                                  : MW_BWE_LATELY);

        if (now - b->decreased < b->rtt + MW_BWE_REST || rate == 0) {
            return;
        }

        b->decreased = now;
        b->expected = b->lost = 0;
        b->loss_from = now;
        b->capacity = b->capacity == 0 || !mw_bwe_near(rate, b->capacity, 0.3)
                          ? rate
                          : 0.8 * b->capacity + 0.2 * rate;

        rate *= mw_bwe_queue(b) < MW_BWE_STANDING / 2 ? MW_BWE_TOUCH
                                                      : MW_BWE_DECREASE;

        if (rate < b->estimate) {
            mw_bwe_set(b, rate);
        }

        return;
    }

    /* a queue that empties first does so */

    if (b->trend.signal != MW_BWE_NORMAL
        || b->loss - b->inherent > MW_BWE_LOSS_HIGH)
    {
        return;
    }

    rate = mw_bwe_rate(b, MW_BWE_BUCKETS - 1);
    seconds = (double) (now - b->updated) / MW_SEC;
    seconds = seconds > 1 ? 1 : seconds;

    if (b->capacity != 0 && mw_bwe_near(b->estimate, b->capacity, MW_BWE_NEAR))
    {
        next = b->estimate
               + MW_BWE_STEP_BITS * seconds * MW_SEC
                     / (double) (b->rtt + 100 * MW_MSEC);

    } else {
        next = b->estimate * (1 + MW_BWE_INCREASE * seconds);
    }

    /* what is not sent says nothing of what could be */

    most = rate * MW_BWE_HEADROOM + 10000;

    if (next > most) {
        next = b->estimate > most ? b->estimate : most;
    }

    mw_bwe_set(b, next);
}


static void
mw_bwe_by_loss(mw_bwe_t *b, mw_usec_t now)
{
    double excess, estimate;

    if (now - b->loss_from < MW_BWE_LOSS_TIME
        || b->expected < MW_BWE_LOSS_COUNT) {
        return;
    }

    b->loss = (double) b->lost / b->expected;
    b->loss_from = now;
    b->expected = 0;
    b->lost = 0;

    if (b->loss < b->inherent) {
        b->inherent = (3 * b->inherent + b->loss) / 4;
    }

    if (b->tried != 0 && mw_bwe_queue(b) < MW_BWE_QUEUE
        && b->loss > b->tried * MW_BWE_LOSS_SAME)
    {
        /* it was not for that */
        b->inherent = b->loss < MW_BWE_LOSS_MOST ? b->loss : MW_BWE_LOSS_MOST;
        mw_bwe_set(b, b->before > b->estimate ? b->before : b->estimate);
    }

    b->lossy = b->inherent > (b->lossy ? MW_BWE_LOSSY_LESS : MW_BWE_LOSSY);
    b->tried = 0;
    excess = b->loss - b->inherent;

    if (excess > MW_BWE_LOSS_HIGH && b->estimate > MW_BWE_LOSS_FLOOR) {
        estimate = b->estimate * (1 - excess / 2);
        b->tried = b->loss;
        b->before = b->estimate;
        mw_bwe_set(
            b, estimate > MW_BWE_LOSS_FLOOR ? estimate : MW_BWE_LOSS_FLOOR);
        b->decreased = now;
    }
}


static void
mw_bwe_set(mw_bwe_t *b, double estimate)
{
    b->estimate = estimate < MW_BWE_MIN   ? MW_BWE_MIN
                  : estimate > MW_BWE_MAX ? MW_BWE_MAX
                                          : estimate;
}
