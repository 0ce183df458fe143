-- One length of gap, to the minute, against the lengths up to `minutes_around` minutes shorter or longer: where people decide, these are about as
-- common. How much more common one of them is in the campaign explains itself. The most telling length of a subject is taken, so
-- its chance counts as often as the subject has gaps. Subjects without such a length are looked at by their counts alone.
with

rule as (
    {{ rule_settings('regular_spacing', ['gaps', 'repeats', 'share', 'minutes_around', 'subjects_drawn', 'false_discovery_rate']) }}
),

looked_at as (
    select campaign_id, count(*) as subjects
    from (
        {%- for subject in spaced_subjects() %}
        select spaced.campaign_id
        from {{ subject.gaps }} as spaced
        cross join rule
        where spaced.gaps >= rule.gaps
        {{- ' union all' if not loop.last }}
        {%- endfor %}
    ) as spaced
    group by campaign_id
),

orders_of_candidates as (
    {%- for subject in spaced_subjects() %}
    select
        orders.campaign_id,
        '{{ subject.type }}' as subject_type,
        orders.{{ subject.key }} as subject,
        orders.order_id,
        orders.txn_time,
        orders.txn_date,
        orders.rebate,
        spaced.gaps
    from {{ subject.gaps }} as spaced
    cross join rule
    inner join {{ subject.orders }} as orders
        on orders.campaign_id = spaced.campaign_id and orders.{{ subject.key }} = spaced.{{ subject.key }}
    where
        spaced.gaps >= rule.gaps
        and spaced.gap_peak >= rule.repeats
        and spaced.gap_peak >= rule.share * spaced.gaps
        and orders.customer_id is not null
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

spaced_orders as (
    select
        orders_of_candidates.*,
        {{ minutes_since_last('campaign_id, subject_type, subject') }} as minutes
    from orders_of_candidates
),

lengths as (
    select
        campaign_id,
        subject_type,
        subject,
        gaps,
        minutes,
        count(*) as repeats
    from spaced_orders
    where minutes is not null
    group by campaign_id, subject_type, subject, gaps, minutes
),

around as (
    select
        lengths.campaign_id,
        lengths.subject_type,
        lengths.subject,
        lengths.gaps,
        lengths.minutes,
        lengths.repeats,
        {{ as_integer('rule.minutes_around') }} as minutes_around,
        {{ as_integer('sum(others.repeats)') }} as repeats_around
    from lengths
    cross join rule
    inner join lengths as others
        on others.campaign_id = lengths.campaign_id
        and others.subject_type = lengths.subject_type
        and others.subject = lengths.subject
    where
        lengths.repeats >= rule.repeats
        and lengths.minutes >= 1
        and others.minutes between lengths.minutes - rule.minutes_around and lengths.minutes + rule.minutes_around
    group by
        lengths.campaign_id, lengths.subject_type, lengths.subject, lengths.gaps, lengths.minutes, lengths.repeats,
        rule.minutes_around
),

-- One more of each length than were drawn, so that a length that none of them has is not taken for impossible.
usual as (
    select
        around.campaign_id,
        around.subject_type,
        around.subject,
        around.gaps,
        around.minutes,
        around.minutes_around,
        around.repeats,
        around.repeats_around,
        {{ as_integer('1 + sum(case when drawn.minutes = around.minutes then drawn.subjects else 0 end)') }} as usual,
        {{ as_integer('2 * around.minutes_around + 1 + sum(coalesce(drawn.subjects, 0))') }} as usual_around
    from around
    left join {{ ref('int_gap_length') }} as drawn
        on drawn.campaign_id = around.campaign_id
        and drawn.subject_type = around.subject_type
        and drawn.minutes between around.minutes - around.minutes_around and around.minutes + around.minutes_around
    group by
        around.campaign_id, around.subject_type, around.subject, around.gaps, around.minutes, around.minutes_around,
        around.repeats, around.repeats_around
),

chances as (
    select
        usual.*,
        {{ chance_at_most('repeats', 'repeats_around', 'usual', 'usual_around') }} as chance_of_length
    from usual
),

by_chance as (
    select
        chances.*,
        row_number() over (
            partition by campaign_id, subject_type, subject order by chance_of_length, repeats desc, minutes
        ) as place
    from chances
),

compared as (
    select
        by_chance.campaign_id,
        by_chance.subject_type,
        by_chance.subject,
        by_chance.gaps,
        by_chance.minutes,
        by_chance.minutes_around,
        by_chance.repeats,
        by_chance.repeats_around,
        looked_at.subjects,
        cast(least(by_chance.chance_of_length * by_chance.gaps, 1) as decimal(10, 9)) as chance
    from by_chance
    inner join looked_at on looked_at.campaign_id = by_chance.campaign_id
    where by_chance.place = 1
),

corrected as (
    {{ corrected_chances('compared', looked_at='subjects') }}
),

regular as (
    select
        spaced_orders.*,
        lead(minutes) over (
            partition by campaign_id, subject_type, subject order by txn_time, order_id
        ) as minutes_to_next
    from spaced_orders
),

evidence as (
    select
        corrected.*,
        rule.rule_id,
        {{ as_text('corrected.subject') }} as subject_id,
        regular.txn_date,
        regular.order_id,
        regular.rebate as money,
        row_number() over (
            partition by regular.campaign_id, regular.subject_type, regular.subject order by regular.txn_time, regular.order_id
        ) as evidence_number
    from corrected
    cross join rule
    inner join regular
        on regular.campaign_id = corrected.campaign_id
        and regular.subject_type = corrected.subject_type
        and regular.subject = corrected.subject
    where
        corrected.corrected_chance <= rule.false_discovery_rate
        and (regular.minutes = corrected.minutes or regular.minutes_to_next = corrected.minutes)
),

{{ corrected_hits(['gaps', 'minutes', 'minutes_around', 'repeats', 'repeats_around'], subject_type='subject_type') }}

{%- set said = {
    'repeats': with_thousands('repeats'),
    'gaps': 'gaps',
    'minutes': 'minutes',
    'around': with_thousands('repeats_around'),
    'window': 'minutes_around',
} %}

select
    {{ hit_columns(
        reason=dbt.concat([
            sentence(
                {'en': '{repeats} of {gaps|gap|gaps} between orders are of {minutes|minute|minutes}, of {around} that are up to {window|minute|minutes} shorter or longer.'},
                said
            ),
            corrected_text('shop or customer', 'shops and customers'),
            sentence({'en': ' A till that sends its orders in batches, or a meal at a fixed time, looks the same.'}, {}),
        ]),
        numbers=dict({
            'gaps': 'gaps', 'minutes': 'minutes', 'gaps_of_this_length': 'repeats', 'gaps_around_this_length': 'repeats_around',
            'rebate': 'money_at_risk',
        }, **corrected_numbers()),
    ) }}
from hits
