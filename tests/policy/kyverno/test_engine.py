import pytest

from bot.policy.kyverno.engine import KyvernoEngine
from bot.policy.model import Effect, Limits
from tests.policy.kyverno.making import compiled, documents, judged, pod, rule

TAG = rule("""
    message: a tag is needed
    pattern: {spec: {containers: [{image: "*:*"}]}}
""")
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: c, image: nginx}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: night, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: nginx}]}}}}}
"""


def test_a_rule_objects_at_the_field() -> None:
    good, bad = judged(TAG, pod() + "---\n" + pod("containers: [{name: c, image: nginx}]"))
    assert (good.violations, good.asked) == ((), ("kyverno/p/r",))
    (violation,) = bad.violations
    assert violation.rule.id == "kyverno/p/r"
    assert violation.rule.effect is Effect.DENY
    assert violation.rule.location.line == 7
    assert violation.pointer == ("spec", "containers", 0, "image")
    assert violation.message == (
        "validation error: a tag is needed. rule r failed at path /spec/containers/0/image/"
    )


def test_rules_for_pods_are_for_their_controllers_too() -> None:
    deployment, cronjob = judged(TAG, DEPLOYMENT)
    assert deployment.violations[0].pointer[:4] == ("spec", "template", "spec", "containers")
    assert "rule autogen-r failed" in deployment.violations[0].message
    assert cronjob.violations[0].pointer[:3] == ("spec", "jobTemplate", "spec")
    assert "rule autogen-cronjob-r failed" in cronjob.violations[0].message


def test_not_where_the_policy_says_so() -> None:
    noted = TAG.replace(
        "{name: p}", "{name: p, annotations: {pod-policies.kyverno.io/autogen-controllers: none}}"
    )
    assert [answer.asked for answer in judged(noted, DEPLOYMENT)] == [(), ()]
    named = TAG.replace("kinds: [Pod]", "kinds: [Pod], names: ['*']")
    assert [answer.asked for answer in judged(named, DEPLOYMENT)] == [(), ()]


def overridden(action: str, override: str) -> str:
    return f"""validationFailureAction: {action}
  validationFailureActionOverrides: [{{{override}}}]"""


@pytest.mark.parametrize(
    ("spec", "effect"),
    [
        ("validationFailureAction: Audit", Effect.AUDIT),
        ("validationFailureAction: audit\n  emitWarning: true", Effect.WARN),
        ("validationFailureAction: Enforce\n  admission: false", Effect.AUDIT),
        (
            overridden("Audit", "action: Enforce, namespaces: ['sh*']"),
            Effect.DENY,
        ),
        (
            overridden("Enforce", "action: Audit, namespaces: [dev]"),
            Effect.DENY,
        ),
    ],
)
def test_effects(spec: str, effect: Effect) -> None:
    policy = TAG.replace("validationFailureAction: Enforce", spec)
    (answer,) = judged(policy, pod("containers: [{name: c, image: nginx}]"))
    assert answer.violations[0].rule.effect is effect


def test_deny_with_preconditions_and_an_update() -> None:
    policy = rule(
        """
        message: "{{ request.object.metadata.name }} may not change {{ request.oldObject.spec.a }}"
        deny: {conditions: {any: [{key: "{{ request.object.spec.a }}", operator: NotEquals,
          value: "{{ request.oldObject.spec.a }}"}]}}
        """,
        extra="""
        preconditions: {all: [{key: "{{ request.operation }}", operator: Equals, value: UPDATE}]}
        """,
    )
    (created,) = judged(policy, pod("a: 1"))
    assert (created.violations, created.asked) == ((), ())
    (updated,) = judged(policy, pod("a: 1"), before=pod("a: 2"))
    assert updated.violations[0].message == "web may not change 2"
    assert updated.violations[0].pointer == ("spec", "a")


def test_foreach_leads_to_the_element() -> None:
    policy = rule("""
        foreach:
        - list: request.object.spec.[initContainers, containers][]
          pattern: {image: "!*:latest"}
    """)
    spec = "initContainers: [{name: i, image: 'a:1'}], containers: [{name: c, image: 'b:latest'}]"
    (answer,) = judged(policy, pod(spec))
    assert answer.violations[0].pointer == ("spec", "containers", 0, "image")
    assert answer.violations[0].message.startswith("validation failure: validation error: ")


def test_any_pattern_names_all_of_them() -> None:
    policy = rule("anyPattern: [{spec: {a: x}}, {spec: {b: x}}]")
    (answer,) = judged(policy, pod("a: 1"))
    assert "r[0] failed at path /spec/a/ rule r[1] failed at path /spec/b/" in (
        answer.violations[0].message
    )
    assert judged(policy, pod("b: x"))[0].violations == ()


def test_cel_and_its_messages() -> None:
    policy = rule("""
        cel:
          variables: [{name: size, expression: "object.spec.containers.size()"}]
          expressions:
          - expression: variables.size < 2
            messageExpression: "'too many: ' + string(variables.size)"
    """)
    spec = "containers: [{name: a, image: x}, {name: b, image: y}]"
    good, bad = judged(policy, pod() + "---\n" + pod(spec))
    assert good.asked == ("kyverno/p/r",)
    assert bad.violations[0].message == "too many: 2"


VALIDATING = """\
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: v}
spec:
  validationActions: [Warn]
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  matchConditions: [{name: m, expression: "object.spec.containers[0].name != 'free'"}]
  validations:
  - expression: "object.spec.containers.all(c, c.image.contains(':'))"
    message: a tag is needed
"""


def test_validating_policies_with_their_controllers() -> None:
    objects = DEPLOYMENT + "---\n" + pod() + "---\n" + pod().replace("name: c", "name: free")
    deployment, cronjob, good, free = judged(VALIDATING, objects)
    for answer in (deployment, cronjob):
        assert [v.message for v in answer.violations] == ["a tag is needed"]
        assert answer.violations[0].rule.id == "kyverno/v/0"
        assert answer.violations[0].rule.effect is Effect.WARN
    assert (good.violations, good.asked) == ((), ("kyverno/v/0",))
    assert free.asked == ()


def test_what_only_the_cluster_knows_is_a_problem_where_it_is_needed() -> None:
    users = TAG.replace("{kinds: [Pod]}}", "{kinds: [Pod]}, clusterRoles: [admin]}")
    (answer,) = judged(users, pod())
    assert "for some users only" in answer.problems[0].message
    assert answer.problems[0].line == 7
    called = rule(
        """
        deny: {conditions: {any: [{key: "{{ count }}", operator: GreaterThan, value: 1}]}}
        """,
        extra="""
        context: [{name: count, apiCall: {urlPath: /api/v1/pods, jmesPath: "length(items)"}}]
        preconditions: {all: [{key: "{{ request.object.metadata.name }}", operator: Equals,
          value: web}]}
        """,
    )
    needed, skipped = judged(called, pod() + "---\n" + pod().replace("web", "other"))
    assert "count (apiCall), which asks the cluster's API" in needed.problems[0].message
    assert (skipped.problems, skipped.violations) == ((), ())


def test_an_excluded_user_excludes_nobody() -> None:
    policy = TAG.replace(
        "    validate:", "    exclude: {any: [{clusterRoles: [admin]}]}\n    validate:"
    )
    (answer,) = judged(policy, pod("containers: [{name: c, image: nginx}]"))
    assert len(answer.violations) == 1


def test_an_unknown_namespace_is_a_problem_only_where_a_rule_is_for_one() -> None:
    homeless = pod("containers: [{name: c, image: nginx}]").replace(", namespace: shop", "")
    only = TAG.replace("kinds: [Pod]", "kinds: [Pod], namespaces: [prod]")
    assert "names no namespace" in judged(only, homeless)[0].problems[0].message
    exclude = "exclude: {any: [{resources: {namespaces: [kube-system]}}]}\n    validate:"
    (answer,) = judged(TAG.replace("validate:", exclude), homeless)
    assert (len(answer.violations), answer.problems) == (1, ())
    asks = rule('pattern: {metadata: {namespace: "!default"}}')
    assert "the namespace of an object" in judged(asks, homeless)[0].problems[0].message


def test_namespace_selectors_want_the_namespace() -> None:
    policy = TAG.replace(
        "kinds: [Pod]", "kinds: [Pod], namespaceSelector: {matchLabels: {env: prod}}"
    )
    bad = pod("containers: [{name: c, image: nginx}]")
    assert "no manifest of the namespace shop" in judged(policy, bad)[0].problems[0].message
    space = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {env: prod}}\n"
    assert len(judged(policy, bad + space)[0].violations) == 1
    assert judged(policy, bad + space.replace("prod", "dev"))[0].asked == ()


def test_config_maps_of_the_repository_are_known() -> None:
    policy = rule(
        """
        deny: {conditions: {all: [{key: "{{ request.object.spec.a }}", operator: AnyNotIn,
          value: "{{ allowed.data.list | parse_json(@) }}"}]}}
        """,
        extra="context: [{name: allowed, configMap: {name: allowed, namespace: shop}}]",
    )
    known = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: allowed, namespace: shop}
data: {list: '["x"]'}
"""
    answers = judged(policy, pod("a: y") + known)
    assert len(answers[0].violations) == 1
    assert judged(policy, pod("a: x") + known)[0].violations == ()
    assert "ConfigMap shop/allowed is not in" in judged(policy, pod("a: x"))[0].problems[0].message


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (rule("manifests: {}"), "validate.manifests"),
        (rule("message: x"), "it validates by none of"),
        (rule("deny: {conditions: {any: [{key: a, operator: Like, value: b}]}}"), "operator Like"),
        (rule("pattern: {a: '{{ b. }}'}"), "incorrect query b."),
        (rule("pattern: {a: '{{ nosuch(@) }}'}"), "unknown function: nosuch"),
        (rule("cel: {expressions: [{expression: 'object.'}]}"), "expression 1"),
        (rule("cel: {paramKind: {kind: X}, expressions: []}"), "paramKind"),
        (VALIDATING.replace("v1\nkind", "v9\nkind"), "unsupported version v9"),
        (
            VALIDATING.replace("object.spec", "resource.Get('v1','pods','a','b').spec"),
            "resource.Get of Kyverno's libraries",
        ),
        (TAG + "---\n" + TAG, "another policy of this name"),
        ("apiVersion: kyverno.io/v2\nkind: PolicyException\nmetadata: {name: x}\n", "waive"),
        (
            TAG.replace(
                "spec:", "spec:\n  webhookConfiguration: {matchConditions: [{name: a}]}", 1
            ),
            "matchConditions",
        ),
    ],
)
def test_what_cannot_work_is_named_at_its_line(policy: str, message: str) -> None:
    with compiled(policy) as ready:
        assert any(message in one.message and one.line for one in ready.problems), ready.problems


def test_what_does_not_validate_is_idle() -> None:
    text = TAG.replace("validate:", "mutate:").replace("pattern:", "patchStrategicMerge:")
    with compiled(text) as ready:
        assert (ready.rules, ready.problems, ready.idle) == ((), (), ("policies/p.yaml",))
    takes = KyvernoEngine().takes
    assert all(takes(one) for one in documents(TAG + "---\n" + VALIDATING))
    assert not takes(documents(pod())[0])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("""pattern: {a: "{{ regex_match('^(a+)+$', '""" + "a" * 40 + """!') }}"}""", "longer"),
        (
            """pattern: {a: "{{ join('', split('""" + "x" * 9000 + """', '')[].[@, @, @][]) }}"}""",
            "",
        ),
    ],
)
def test_a_hostile_rule_takes_nothing_with_it(body: str, why: str) -> None:
    policies = rule(body) + "---\n" + TAG.replace("name: p}", "name: other}")
    limits = Limits(evaluation_seconds=1.0, memory_bytes=128 * 1024 * 1024)
    (answer,) = judged(policies, pod("containers: [{name: c, image: nginx}]"), limits=limits)
    assert [one.rule.id for one in answer.violations][-1] == "kyverno/other/r"
    assert why in str(answer.problems)
