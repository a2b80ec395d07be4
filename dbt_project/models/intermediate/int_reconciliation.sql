-- Every comparison in one shape, with its explanation in three languages.
{% set cell = [
    'indicator_code', 'data_status', 'place_code', 'sex', 'age_group', 'residence', 'population_group'
] %}
with

printed_vs_computed as (select * from {{ ref('int_printed_vs_computed') }}),

parts_vs_total as (select * from {{ ref('int_parts_vs_total') }}),

source_conflict as (select * from {{ ref('int_source_conflict') }}),

date_conflict as (select * from {{ ref('int_date_conflict') }}),

published_comparison as (select * from {{ ref('int_published_comparison') }}),

explanation as (
    select
        text.rule,
        text.explanation_en,
        text.explanation_fr,
        text.explanation_ar
    from (
        values
        (
            'printed_equals_computed',
            'The warehouse computes what was printed.',
            'L''entrepôt calcule le chiffre imprimé.',
            'يحسب المستودع الرقم كما طُبع.'
        ),
        (
            'printed_within_rounding',
            'The two differ by no more than the rounding of what was printed.',
            'L''écart ne dépasse pas l''arrondi du chiffre imprimé.',
            'لا يتجاوز الفرق تقريب الرقم المطبوع.'
        ),
        (
            'printed_qualifier_differs',
            'The number is the same, but one of the two is a bound or an approximation.',
            'Le nombre est le même, mais l''un des deux est une borne ou une approximation.',
            'العدد واحد، لكن أحدهما حد أو تقريب.'
        ),
        (
            'printed_differs',
            'The warehouse computes another value than the one printed.',
            'L''entrepôt calcule une autre valeur que celle imprimée.',
            'يحسب المستودع قيمة غير القيمة المطبوعة.'
        ),
        (
            'printed_not_computed',
            'No accepted report gives this figure.',
            'Aucun rapport accepté ne donne ce chiffre.',
            'لا يوجد تقرير مقبول يعطي هذا الرقم.'
        ),
        (
            'deliverables_counted_once',
            'Each deliverable counts once, whatever its status and however often it is printed.',
            'Chaque livrable compte une fois, quel que soit son état et le nombre de fois qu''il est imprimé.',
            'يُحتسب كل منجز مرة واحدة، مهما كانت حالته وعدد مرات ذكره.'
        ),
        (
            'parts_equal_total',
            'The parts add up to the stated total.',
            'La somme des parties égale le total indiqué.',
            'مجموع الأجزاء يساوي المجموع المصرح به.'
        ),
        (
            'parts_within_rounding',
            'The parts differ from the stated total by no more than the rounding of approximate figures.',
            'L''écart ne dépasse pas l''arrondi de chiffres approximatifs ; le total indiqué est retenu.',
            'لا يتجاوز الفرق بين الأجزاء والمجموع المصرح به تقريب الأرقام التقريبية؛ ويُعتمد المجموع المصرح به.'
        ),
        (
            'parts_within_bounds',
            'The total or a part is a bound, and the other side keeps to it; the stated total stands.',
            'Le total ou une partie est une borne, que l''autre côté respecte ; le total indiqué est retenu.',
            'المجموع أو أحد الأجزاء حد، والطرف الآخر لا يخالفه؛ ويُعتمد المجموع المصرح به.'
        ),
        (
            'parts_differ',
            'The parts do not add up to the stated total; the stated total stands.',
            'La somme des parties n''égale pas le total indiqué ; le total indiqué est retenu.',
            'مجموع الأجزاء لا يساوي المجموع المصرح به؛ ويُعتمد المجموع المصرح به.'
        ),
        (
            'blank_yields',
            'One statement is blank; the one that has a value stands.',
            'L''une des déclarations est vide ; celle qui porte une valeur est retenue.',
            'أحد التصريحين فارغ؛ ويُعتمد الذي يحمل قيمة.'
        ),
        (
            'received_last',
            'Several reports of one organisation state this cell; the one received last stands.',
            'Plusieurs rapports d''un organisme donnent cette cellule ; le dernier reçu est retenu.',
            'تذكر عدة تقارير لمؤسسة واحدة هذه الخانة؛ ويُعتمد آخر تقرير توصلنا به.'
        ),
        (
            'first_in_file',
            'One report states this cell several times; the first in the file stands.',
            'Un même rapport donne plusieurs fois cette cellule ; la première du fichier est retenue.',
            'يذكر التقرير نفسه هذه الخانة عدة مرات؛ وتُعتمد الأولى في الملف.'
        ),
        (
            'stated_before_parts',
            'A total that was stated stands before one that follows from its parts.',
            'Un total indiqué l''emporte sur un total déduit de ses parties.',
            'المجموع المصرح به مقدم على المجموع المستنتج من أجزائه.'
        ),
        (
            'source_priority',
            'Several organisations state this figure; the first in the indicator''s ranked list stands.',
            'Plusieurs organismes donnent ce chiffre ; le premier de la liste ordonnée de l''indicateur est retenu.',
            'تذكر عدة مؤسسات هذا الرقم؛ وتُعتمد الأولى في القائمة المرتبة للمؤشر.'
        ),
        (
            'largest_value',
            'Several organisations state this figure; the largest value stands.',
            'Plusieurs organismes donnent ce chiffre ; la plus grande valeur est retenue.',
            'تذكر عدة مؤسسات هذا الرقم؛ وتُعتمد أكبر قيمة.'
        ),
        (
            'both_years_kept',
            'Sources date the same figure to different years; both years are shown, neither is dropped.',
            'Des sources datent le même chiffre d''années différentes ; les deux restent, aucune n''est écartée.',
            'تؤرخ المصادر الرقم نفسه بسنتين مختلفتين؛ وتُعرض السنتان معا دون إسقاط أي منهما.'
        ),
        (
            'whole_agrees',
            'The shares of one whole are 100 % together.',
            'Les parts d''un même tout font 100 % ensemble.',
            'مجموع حصص الكل الواحد 100 %.'
        ),
        (
            'whole_within_rounding',
            'The shares of one whole differ from 100 % by no more than their rounding.',
            'L''écart entre la somme des parts et 100 % ne dépasse pas leur arrondi.',
            'لا يتجاوز الفرق بين مجموع الحصص و100 % تقريبها.'
        ),
        (
            'whole_differs',
            'The shares of one whole are not 100 % together, and rounding does not explain it.',
            'La somme des parts d''un même tout n''est pas 100 %, et l''arrondi ne l''explique pas.',
            'مجموع حصص الكل الواحد ليس 100 %، ولا يفسر التقريب ذلك.'
        ),
        (
            'sum_agrees',
            'The figures that it is made of add up to the figure.',
            'La somme des chiffres qui le composent égale le chiffre.',
            'مجموع الأرقام المكونة يساوي الرقم.'
        ),
        (
            'sum_within_rounding',
            'The figures that it is made of differ from the figure by no more than rounding.',
            'L''écart avec la somme des chiffres qui le composent ne dépasse pas l''arrondi.',
            'لا يتجاوز الفرق مع مجموع الأرقام المكونة التقريب.'
        ),
        (
            'sum_differs',
            'The figures that it is made of do not add up to the figure; each is shown as printed.',
            'La somme des chiffres qui le composent n''égale pas le chiffre ; chacun est montré tel qu''imprimé.',
            'مجموع الأرقام المكونة لا يساوي الرقم؛ ويُعرض كل رقم كما طُبع.'
        ),
        (
            'share_agrees',
            'The printed percentage is what its numbers come to.',
            'Le pourcentage imprimé est celui que donnent ses nombres.',
            'النسبة المطبوعة هي ما تعطيه أرقامها.'
        ),
        (
            'share_within_rounding',
            'The printed percentage differs from what its numbers come to by no more than their rounding.',
            'L''écart entre le pourcentage imprimé et ses nombres ne dépasse pas leur arrondi.',
            'لا يتجاوز الفرق بين النسبة المطبوعة وما تعطيه أرقامها تقريبها.'
        ),
        (
            'share_differs',
            'The printed percentage is not what its numbers come to; it is shown as printed.',
            'Le pourcentage imprimé n''est pas celui que donnent ses nombres ; il est montré tel qu''imprimé.',
            'النسبة المطبوعة ليست ما تعطيه أرقامها؛ وتُعرض كما طُبعت.'
        ),
        (
            'different_units',
            'The two count different things (cases, acts, victims): shown side by side, never compared.',
            'L''un et l''autre n''ont pas la même unité (affaires, actes, victimes) : jamais comparés.',
            'يعد الرقمان أشياء مختلفة (قضايا، أفعال، ضحايا)؛ ويُعرضان جنبا إلى جنب دون مقارنة.'
        ),
        (
            'different_scope',
            'The two cover different institutions or times: shown side by side, never compared.',
            'L''un et l''autre n''ont pas le même champ ou la même date : jamais comparés.',
            'يشمل الرقمان مؤسسات أو فترات مختلفة؛ ويُعرضان جنبا إلى جنب دون مقارنة.'
        )
    ) as text (rule, explanation_en, explanation_fr, explanation_ar)
),

compared as (
    select
        {{ identity('printed_vs_computed', [
            'printed_id', 'part_kind', 'computed_receipt_id'
        ], 'printed') }} as reconciliation_id,
        'printed_vs_computed' as kind,
        printed_vs_computed.indicator_code,
        printed_vs_computed.indicator_code as indicator_codes,
        printed_vs_computed.place_code,
        printed_vs_computed.data_status,
        {{ period_label('printed_vs_computed.period_start', 'printed_vs_computed.period_end') }} as period_label,
        'printed: ' || printed_vs_computed.printed_text as left_label,
        printed_vs_computed.printed_value as left_value,
        printed_vs_computed.citation || ', ' || printed_vs_computed.printed_where as left_citation,
        case
            when printed_vs_computed.part_kind is null then 'computed'
            when printed_vs_computed.part_kind = 'deliverables'
                then 'computed: distinct deliverables, ' || cast(printed_vs_computed.parts as varchar) || ' done'
            else
                'computed: sum of ' || cast(printed_vs_computed.parts as varchar) || ' parts by '
                || printed_vs_computed.part_kind
        end as right_label,
        printed_vs_computed.computed_value as right_value,
        printed_vs_computed.computed_citation as right_citation,
        printed_vs_computed.difference,
        printed_vs_computed.status,
        printed_vs_computed.rule
    from printed_vs_computed
    union all
    select
        {{ identity('parts_vs_total', [
            'organisation_code', 'receipt_id', 'part_kind', 'period_start', 'period_end'
        ] + cell, 'parts') }} as reconciliation_id,
        'parts_vs_total' as kind,
        parts_vs_total.indicator_code,
        parts_vs_total.indicator_code as indicator_codes,
        parts_vs_total.place_code,
        parts_vs_total.data_status,
        {{ period_label('parts_vs_total.period_start', 'parts_vs_total.period_end') }} as period_label,
        parts_vs_total.organisation_code || ': stated total' || {{ group_label('parts_vs_total') }} as left_label,
        parts_vs_total.total_value as left_value,
        parts_vs_total.total_citation as left_citation,
        parts_vs_total.organisation_code || ': sum of ' || cast(parts_vs_total.parts as varchar) || ' parts by '
        || parts_vs_total.part_kind as right_label,
        parts_vs_total.parts_value as right_value,
        parts_vs_total.parts_citation as right_citation,
        parts_vs_total.difference,
        parts_vs_total.status,
        parts_vs_total.rule
    from parts_vs_total
    union all
    select
        {{ identity('source_conflict', [
            'chosen_organisation_code', 'hidden_organisation_code', 'statement_rank', 'rule', 'period_start', 'period_end'
        ] + cell, 'source') }} as reconciliation_id,
        'source_conflict' as kind,
        source_conflict.indicator_code,
        source_conflict.indicator_code as indicator_codes,
        source_conflict.place_code,
        source_conflict.data_status,
        {{ period_label('source_conflict.period_start', 'source_conflict.period_end') }} as period_label,
        source_conflict.chosen_organisation_code || ' (' || source_conflict.chosen_qualifier || '), stands'
        || {{ group_label('source_conflict') }} as left_label,
        source_conflict.chosen_value as left_value,
        source_conflict.chosen_citation as left_citation,
        source_conflict.hidden_organisation_code || ' (' || source_conflict.hidden_qualifier || '), hidden'
        || {{ group_label('source_conflict') }} as right_label,
        source_conflict.hidden_value as right_value,
        source_conflict.hidden_citation as right_citation,
        source_conflict.hidden_value - source_conflict.chosen_value as difference,
        'conflict' as status,
        source_conflict.rule
    from source_conflict
    union all
    select
        {{ identity('date_conflict', [
            'organisation_code', 'year', 'later_year', 'value'
        ] + cell, 'date') }} as reconciliation_id,
        'date_conflict' as kind,
        date_conflict.indicator_code,
        date_conflict.indicator_code as indicator_codes,
        date_conflict.place_code,
        date_conflict.data_status,
        cast(date_conflict.year as varchar) || ' / ' || cast(date_conflict.later_year as varchar) as period_label,
        date_conflict.organisation_code || ': dated ' || cast(date_conflict.year as varchar)
        || {{ group_label('date_conflict') }} as left_label,
        date_conflict.value as left_value,
        date_conflict.citation as left_citation,
        date_conflict.organisation_code || ': dated ' || cast(date_conflict.later_year as varchar)
        || {{ group_label('date_conflict') }} as right_label,
        date_conflict.value as right_value,
        date_conflict.later_citation as right_citation,
        date_conflict.value - date_conflict.value as difference,
        'conflict' as status,
        'both_years_kept' as rule
    from date_conflict
    union all
    select
        {{ identity('published_comparison', ['comparison_id'], 'compared') }} as reconciliation_id,
        'published_comparison' as kind,
        published_comparison.indicator_code,
        published_comparison.indicator_codes,
        published_comparison.place_code,
        published_comparison.data_status,
        case
            when
                published_comparison.left_period_start = published_comparison.right_period_start
                and published_comparison.left_period_end = published_comparison.right_period_end
                then
                    {{ period_label('published_comparison.left_period_start', 'published_comparison.left_period_end') }}
            else
                {{ period_label('published_comparison.left_period_start', 'published_comparison.left_period_end') }}
                || ' / '
                || {{ period_label(
                    'published_comparison.right_period_start', 'published_comparison.right_period_end') }}
        end as period_label,
        published_comparison.left_label,
        published_comparison.left_value,
        published_comparison.left_citation,
        published_comparison.right_label,
        published_comparison.right_value,
        published_comparison.right_citation,
        published_comparison.difference,
        published_comparison.status,
        published_comparison.comparison_rule as rule
    from published_comparison
),

final as (
    select
        compared.reconciliation_id,
        compared.kind,
        compared.indicator_code,
        compared.indicator_codes,
        compared.place_code,
        compared.data_status,
        compared.period_label,
        compared.left_label,
        cast(compared.left_value as decimal(28, 10)) as left_value,
        compared.left_citation,
        compared.right_label,
        cast(compared.right_value as decimal(28, 10)) as right_value,
        compared.right_citation,
        cast(compared.difference as decimal(28, 10)) as difference,
        compared.status,
        compared.rule,
        explanation.explanation_en,
        explanation.explanation_fr,
        explanation.explanation_ar
    from compared
    left join explanation on compared.rule = explanation.rule
)

select * from final
