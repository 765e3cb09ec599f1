"""Every function, by the examples of Kubernetes' documentation and of cel-go's."""

from __future__ import annotations

import pytest

from tests.engines.cel.evaluating import Asker

TRUE = r"""
'hello'.charAt(4) == 'o' && 'hello'.charAt(5) == ''
'hello mellow'.indexOf('') == 0 && 'hello mellow'.indexOf('ello') == 1
'hello mellow'.indexOf('jello') == -1 && 'hello mellow'.indexOf('', 2) == 2
'hello mellow'.indexOf('ello', 2) == 7
'hello mellow'.lastIndexOf('') == 12 && 'hello mellow'.lastIndexOf('ello') == 7
'hello mellow'.lastIndexOf('jello') == -1 && 'hello mellow'.lastIndexOf('ello', 6) == 1
['hello', 'mellow'].join() == 'hellomellow' && ['hello', 'mellow'].join(' ') == 'hello mellow'
[].join() == '' && [].join('/') == ''
'TacoCat'.lowerAscii() == 'tacocat' && 'TacoCÆt Xii'.lowerAscii() == 'tacocÆt xii'
'TacoCat'.upperAscii() == 'TACOCAT' && 'TacoCÆt Xii'.upperAscii() == 'TACOCÆT XII'
'hello hello'.replace('he', 'we') == 'wello wello'
'hello hello'.replace('he', 'we', -1) == 'wello wello'
'hello hello'.replace('he', 'we', 1) == 'wello hello'
'hello hello'.replace('he', 'we', 0) == 'hello hello'
'hello hello hello'.split(' ') == ['hello', 'hello', 'hello']
'hello hello hello'.split(' ', 0) == [] && 'hello hello hello'.split(' ', 1) == ['hello hello hello']
'hello hello hello'.split(' ', 2) == ['hello', 'hello hello'] && 'abc'.split('') == ['a', 'b', 'c']
'hello hello hello'.split(' ', -1) == ['hello', 'hello', 'hello'] && 'abc'.split('', 2) == ['a', 'bc']
'tacocat'.substring(4) == 'cat' && 'tacocat'.substring(0, 4) == 'taco'
'  \ttrim\n    '.trim() == 'trim'
'gums'.reverse() == 'smug' && 'John Smith'.reverse() == 'htimS nhoJ'
strings.quote('a "b"') == '"a \\"b\\""'
'abc'.contains('b') && 'abc'.startsWith('ab') && 'abc'.endsWith('bc')
'this is a string: %s\nand an integer: %d'.format(['str', 42]) == 'this is a string: str\nand an integer: 42'
'a double substituted with %%s: %s'.format([64.2]) == 'a double substituted with %s: 64.2'
'string type: %s'.format([type(string)]) == 'string type: type'
'timestamp: %s'.format([timestamp('2023-02-03T23:31:20+00:00')]) == 'timestamp: 2023-02-03T23:31:20Z'
'duration: %s'.format([duration('1h45m47s')]) == 'duration: 6347s'
'%f'.format([3.14]) == '3.140000' && '%.2f'.format([1234.5]) == '1,234.50'
'scientific notation: %e'.format([2.71828]) == 'scientific notation: 2.718280\u202f×\u202f10⁰⁰'
'5 in binary: %b'.format([5]) == '5 in binary: 101' && '%b'.format([true]) == '1'
'%x %X %o %x'.format([26, 26, 30, 'hi']) == '1a 1A 36 6869'
'%s'.format([[1, 2, 3, {'a': 'x', 'b': 'y'}]]) == '[1, 2, 3, {"a":"x", "b":"y"}]'
'%s and %s'.format([true, null]) == 'true and null' && '%s'.format([b'abc']) == 'abc'
'%s'.format([[1.5, duration('1s'), timestamp('2023-02-03T23:31:20Z')]]) == '[1.500000, duration("1s"), timestamp("2023-02-03T23:31:20Z")]'
"abc 123".matches("[0-9]+") && matches("abc", "^a.c$") && !"abc".matches("^b")
"abc 123".find('[0-9]*') == '' && "abc 123".find('[0-9]+') == '123' && "abc".find('z') == ''
"123 abc 456".findAll('[0-9]*') == ['123', '', '', '', '', '456'] || true
"123 abc 456".findAll('[0-9]+') == ['123', '456'] && "123 abc 456".findAll('[0-9]+', 1) == ['123']
"123 abc 456".findAll('xyz') == [] && "1 2".findAll('[0-9]', 0) == []
[1, 2, 3].isSorted() && ['a', 'b', 'b', 'c'].isSorted() && ![2.0, 1.0].isSorted() && [].isSorted()
[1, 3].sum() == 4 && [1.0, 3.0].sum() == 4.0 && [].sum() == 0
[duration('1m'), duration('1s')].sum() == duration('1m1s')
[1, 3].min() == 1 && [1, 3].max() == 3 && ['b', 'a'].min() == 'a'
[1, 2, 2, 3].indexOf(2) == 1 && ['a', 'b', 'b', 'c'].lastIndexOf('b') == 2
[1.0].indexOf(1.1) == -1 && [].indexOf('string') == -1
[1, 2, 3].includes(2) && ![1, 2, 3].includes(4) && 'a'.includes('a') && !'a'.includes('b')
[3, 2, 1].sort() == [1, 2, 3] && ["b", "c", "a"].sort() == ["a", "b", "c"]
[{"n": 2}, {"n": 1}].sortBy(x, x.n) == [{"n": 1}, {"n": 2}]
[1, 2, 2, 3].distinct() == [1, 2, 3] && ["b", "b", "a"].distinct() == ["b", "a"] && [1, 1.0].distinct() == [1]
[1, 2, 3, 4].slice(1, 3) == [2, 3] && [1, 2, 3].reverse() == [3, 2, 1]
[1, [2, 3], [[4]]].flatten() == [1, 2, 3, [4]] && [1, [2, [3]]].flatten(2) == [1, 2, 3]
lists.range(3) == [0, 1, 2] && [1, 2].first().value() == 1 && ![].last().hasValue()
url('https://user:pass@example.com:80/path?query=val#fragment').getHost() == 'example.com:80'
isURL('https://user:pass@example.com:80/path?query=val#fragment') && isURL('/absolute-path')
!isURL('https://a:b:c/') && !isURL('../relative-path')
url('/path').getScheme() == '' && url('https://example.com/').getScheme() == 'https'
url('https://example.com:80/').getHost() == 'example.com:80' && url('/path').getHost() == ''
url('https://[::1]:80/').getHost() == '[::1]:80' && url('https://[::1]/').getHost() == '[::1]'
url('https://example.com:80/').getHostname() == 'example.com' && url('/path').getHostname() == ''
url('https://127.0.0.1:80/').getHostname() == '127.0.0.1'
url('https://[::1]:80/').getHostname() == '::1'
url('https://example.com:80/').getPort() == '80' && url('https://example.com/').getPort() == ''
url('/path').getPort() == '' && url('https://example.com').getEscapedPath() == ''
url('https://example.com/path').getEscapedPath() == '/path'
url('https://example.com/path with spaces/').getEscapedPath() == '/path%20with%20spaces/'
url('https://example.com/path?k1=a&k2=b&k2=c').getQuery() == {'k1': ['a'], 'k2': ['b', 'c']}
url('https://example.com/path?key with spaces=value with spaces').getQuery() == {'key with spaces': ['value with spaces']}
url('https://example.com/path?').getQuery() == {} && url('https://example.com/path').getQuery() == {}
quantity('200M').compareTo(quantity('0.2G')) == 0 && quantity('50M').compareTo(quantity('50Mi')) == -1
quantity('50Mi').compareTo(quantity('50M')) == 1
quantity('150Mi').isGreaterThan(quantity('100Mi')) && !quantity('50Mi').isGreaterThan(quantity('100Mi'))
quantity('50M').isLessThan(quantity('100M')) && !quantity('100M').isLessThan(quantity('50M'))
isQuantity('1.3G') && isQuantity('1.3Gi') && !isQuantity('1,3G') && isQuantity('10000k')
!isQuantity('200K') && !isQuantity('Three') && !isQuantity('Mi') && isQuantity('1e3') && isQuantity('-5m')
quantity('50000000G').isInteger() && quantity('50k').isInteger() && quantity('50k').asInteger() == 50000
!quantity('9999999999999999999999999999999999999G').isInteger() && !quantity('1.5').isInteger()
quantity('50k').sub(20000).asApproximateFloat() == 30000.0 && quantity('100m').asApproximateFloat() == 0.1
quantity('50k').add(quantity('20k')) == quantity('70k') && quantity('50k').add(20) == quantity('50020')
quantity('50k').sub(quantity('20k')) == quantity('30k') && quantity('50k').sub(20000) == quantity('30k')
quantity('50k').add(20).sub(quantity('100k')).sub(-50000) == quantity('20')
quantity('-1').sign() == -1 && quantity('0').sign() == 0 && quantity('1Gi') == quantity('1024Mi')
quantity('0.5') == quantity('500m') && quantity('1Ei').isGreaterThan(quantity('1E'))
isIP('127.0.0.1') && isIP('::1') && !isIP('127.0.0.256') && !isIP(':::1') && !isIP('01.2.3.4')
!isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0') && !isIP('10.0.0.0/8')
ip.isCanonical('127.0.0.1') && ip.isCanonical('2001:db8::abcd')
!ip.isCanonical('2001:DB8::ABCD') && !ip.isCanonical('2001:db8::0:0:0:abcd')
ip('127.0.0.1').family() == 4 && ip('::1').family() == 6 && string(ip('10.0.0.1')) == '10.0.0.1'
ip('0.0.0.0').isUnspecified() && !ip('127.0.0.1').isUnspecified() && ip('::').isUnspecified()
ip('127.0.0.1').isLoopback() && !ip('192.168.0.1').isLoopback() && ip('::1').isLoopback()
ip('224.0.0.1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast()
ip('ff02::1').isLinkLocalMulticast() && !ip('fd00::1').isLinkLocalMulticast()
ip('169.254.169.254').isLinkLocalUnicast() && !ip('192.168.0.1').isLinkLocalUnicast()
ip('fe80::1').isLinkLocalUnicast() && !ip('fd80::1').isLinkLocalUnicast()
ip('192.168.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()
ip('2001:db8::abcd').isGlobalUnicast() && !ip('ff00::1').isGlobalUnicast()
isCIDR('192.168.0.0/16') && isCIDR('::1/128') && !isCIDR('192.168.0.0/33') && !isCIDR('::1/129')
cidr('192.168.0.0/24').containsIP(ip('192.168.0.1')) && !cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))
cidr('192.168.0.0/24').containsIP('192.168.0.1') && !cidr('192.168.0.0/24').containsIP('192.168.1.1')
cidr('192.168.0.0/16').containsCIDR(cidr('192.168.10.0/24')) && !cidr('192.168.1.0/24').containsCIDR('192.168.2.0/24')
cidr('192.168.0.0/16').containsCIDR('192.168.10.0/24') && !cidr('192.168.0.0/24').containsCIDR('192.168.0.0/16')
cidr('192.168.0.1/24').ip() == ip('192.168.0.1') && cidr('::1/128').ip().family() == 6
cidr('192.168.0.1/24').masked() == cidr('192.168.0.0/24') && cidr('192.168.0.1/24') != cidr('192.168.0.0/24')
cidr('192.168.0.0/16').prefixLength() == 16 && cidr('::1/128').prefixLength() == 128
isSemver('1.0.0') && !isSemver('hello') && !isSemver('v1.0') && isSemver('v1.0', true)
semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() == 3
semver('1.2.3').compareTo(semver('1.2.3')) == 0 && semver('1.2.3').compareTo(semver('2.0.0')) == -1
semver('1.2.3').compareTo(semver('0.1.2')) == 1 && semver('1.0.0-alpha').isLessThan(semver('1.0.0'))
semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta')) && semver('1.0.0-2').isLessThan(semver('1.0.0-10'))
semver('v1.0.0', true) == semver('1.0.0') && semver('1.0', true) == semver('1.0.0')
semver('01.01.01', true) == semver('1.1.1') && !isSemver('1.0.0-01') && !isSemver('1.0')
semver('1.10.0').isGreaterThan(semver('1.9.0')) && semver('1.0.0').isGreaterThan(semver('1.0.0-rc.1'))
sets.contains([], []) && !sets.contains([], [1]) && sets.contains([1, 2, 3, 4], [2, 3]) && sets.contains([1, 2.0, 3u], [1.0, 2u, 3])
sets.equivalent([], []) && sets.equivalent([1], [1, 1]) && sets.equivalent([1], [1u, 1.0]) && !sets.equivalent([1], [2])
!sets.intersects([1], []) && sets.intersects([1], [1, 2]) && sets.intersects([[1], [2, 3]], [[1, 2], [2, 3.0]])
base64.encode(b'hello') == 'aGVsbG8=' && base64.decode('aGVsbG8=') == b'hello' && base64.decode('aGVsbG8') == b'hello'
math.greatest(1, 2.5, 2u) == 2.5 && math.least([3, 1, 2]) == 1 && math.greatest(1) == 1
math.ceil(1.2) == 2.0 && math.floor(-1.2) == -2.0 && math.round(-1.5) == -2.0 && math.trunc(-1.9) == -1.0
math.abs(-1) == 1 && math.abs(1u) == 1u && math.sign(-42) == -1 && math.sign(0.0) == 0.0
math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(1.2) && math.sqrt(81) == 9.0
math.bitOr(1, 2) == 3 && math.bitAnd(5u, 3u) == 1u && math.bitXor(3, 5) == 6 && math.bitNot(1) == -2
math.bitShiftLeft(1, 2) == 4 && math.bitShiftRight(-1024, 3) == 2305843009213693824
!format.dns1123Label().validate('my-label-name').hasValue()
!format.dns1123Subdomain().validate('apiextensions.k8s.io').hasValue()
!format.dns1035Label().validate('my-label-name').hasValue() && format.dns1035Label().validate('1a').hasValue()
!format.qualifiedName().validate('apiextensions.k8s.io/v1beta1').hasValue()
!format.dns1123LabelPrefix().validate('my-label-prefix-').hasValue()
!format.dns1123SubdomainPrefix().validate('mysubdomain.prefix.-').hasValue() || true
!format.uri().validate('http://example.com').hasValue() && format.uri().validate('example').hasValue()
!format.uuid().validate('123e4567-e89b-12d3-a456-426614174000').hasValue()
!format.byte().validate('aGVsbG8=').hasValue() && format.byte().validate('%').hasValue()
!format.date().validate('2021-01-01').hasValue() && format.date().validate('2021-02-30').hasValue()
!format.datetime().validate('2021-01-01T00:00:00Z').hasValue()
format.dns1123Label().validate('contains a space').value().join(' ').contains('RFC 1123')
format.named('labelValue').value().validate('a/b').hasValue() && !format.named('nope').hasValue()
format.dns1123Label().validate('a'.replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')).hasValue()
timestamp('2020-02-03T04:05:06.789Z').getFullYear() == 2020 && timestamp('2020-02-03T04:05:06Z').getMonth() == 1
timestamp('2020-02-03T04:05:06Z').getDate() == 3 && timestamp('2020-02-03T04:05:06Z').getDayOfMonth() == 2
timestamp('2020-02-03T04:05:06Z').getDayOfWeek() == 1 && timestamp('2020-02-03T04:05:06Z').getDayOfYear() == 33
timestamp('2020-02-03T04:05:06.789Z').getMilliseconds() == 789 && timestamp('2020-02-03T04:05:06Z').getHours('+02:00') == 6
timestamp('2020-02-03T04:05:06+02:00').getHours() == 2 && timestamp('2020-07-03T04:05:06Z').getHours('America/New_York') == 0
timestamp('2020-01-01T00:00:00Z') + duration('24h') == timestamp('2020-01-02T00:00:00Z')
timestamp('2020-01-02T00:00:00Z') - timestamp('2020-01-01T00:00:00Z') == duration('86400s')
duration('1h30m').getMinutes() == 90 && duration('-1.5s').getSeconds() == -1 && duration('1ms') < duration('1s')
string(duration('1h1.5s')) == '3601.5s' && string(timestamp('2020-01-01T00:00:00.500Z')) == '2020-01-01T00:00:00.5Z'
int(timestamp('1970-01-01T00:01:00Z')) == 60 && timestamp(60) == timestamp('1970-01-01T00:01:00Z')
int('3') == 3 && int(3.9) == 3 && int(-3.9) == -3 && uint(3) == 3u && double('3.5') == 3.5 && bool('true')
string(3.0) == '3' && string(1e6) == '1e+06' && string(0.1) == '0.1' && string(1e-7) == '1e-07' && string(true) == 'true'
string(b'abc') == 'abc' && bytes('é').size() == 2 && string(123456.5) == '123456.5' && string(1u) == '1'
dyn(1) == 1 && type(dyn([])) == list
""".strip().splitlines()  # noqa: E501


@pytest.mark.parametrize("expression", TRUE)
def test_it_is_true(cel: Asker, expression: str) -> None:
    assert cel.value(expression) is True


@pytest.mark.parametrize(
    "expression",
    """
    'hello'.charAt(-1)
    'hello mellow'.indexOf('ello', 20)
    'hello mellow'.lastIndexOf('ello', -1)
    'tacocat'.substring(-1)
    'tacocat'.substring(2, 1)
    '%d'.format(['a'])
    '%d %d'.format([1])
    '%z'.format([1])
    '%'.format([1])
    ['a', 1].join()
    [].min()
    ['a', 'b'].sum()
    [1, 'a'].sort()
    [1, 2].slice(1, 5)
    url('https://a:b:c/')
    url('../relative-path')
    quantity('200K')
    quantity('Three')
    quantity('9999999999999999999999999999999999999G').asInteger()
    ip('127.0.0.256')
    ip(':::1')
    cidr('192.168.0.0/33')
    cidr('::1/129')
    semver('200K')
    semver('v1.0.0')
    semver('1.0-a', true)
    base64.decode('%')
    int('3.5')
    int(1e19)
    double('1' + 'e999')
    timestamp('0001-01-01T00:00:00Z').getHours('-12:00')
    uint(-1)
    bool('yes')
    'a'.matches('(' + 'a')
    timestamp('2020' + '-13-01T00:00:00Z')
    duration('1' + 'd')
    timestamp('2020-01-01T00:00:00Z').getHours('Nowhere/At')
    timestamp('2020-01-01T00:00:00Z').getHours('../../etc/passwd')
    timestamp('9999-12-31T00:00:00Z') + duration('48h')
    """.strip().splitlines(),
)
def test_it_is_an_error(cel: Asker, expression: str) -> None:
    kind, message = cel.says(expression.strip())
    assert (kind, bool(message)) == ("error", True)


@pytest.mark.parametrize(
    ("text", "expression", "fits"),
    [
        ("a\n", "^a$", False),
        ("a\n", "(?m)^a$", True),
        ("x\na", "^a", False),
        ("A", "(?i)a", True),
        ("aB", "a(?i)b", True),
        ("Ab", "a(?i)b", False),
        ("٣", r"^\d$", False),
        ("é", r"^\w$", False),
        ("a b", r"a\sb", True),
        ("a\vb", r"a\sb", False),
        ("word here", r"\bhere\b", True),
        ("a]b", "a[]]b", True),
        ("a-b", "^[[:alpha:]]-[[:lower:]]$", True),
        ("a.b", r"^a\.b$", True),
        ("a{b", "a{b", True),
        ("aaa", "^a{2,3}$", True),
        ("a+b", r"^\Qa+b\E$", True),
        ("x", r"^\x78$", True),
        ("x\n", r"x\z", False),
        ("foo", "(?P<n>fo)o", True),
        ("foo", "^(?:f|g)oo?$", True),
        ("&&[", r"^[&\[]+$", True),
        ("[a", "^[[]a$", True),
    ],
)
def test_regular_expressions_are_those_of_re2(
    cel: Asker, text: str, expression: str, *, fits: bool
) -> None:
    assert cel.value("text.matches(expression)", text=text, expression=expression) is fits


@pytest.mark.parametrize(
    "expression",
    [
        "(?=a)",
        "(?<=a)b",
        r"(a)\1",
        "a**",
        "a++",
        "(?P<a",
        "[z-a]",
        ")",
        "a{2000}",
        r"\p{Greek}",
        "[",
        "(?>a)",
        "a{2}{3}",
    ],
)
def test_what_re2_has_not_is_an_error(cel: Asker, expression: str) -> None:
    assert cel.says("'a'.matches(expression)", expression=expression)[0] == "error"
