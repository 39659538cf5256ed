/** Components that hostile names are made of. */

/** Few and short, so that names and their twins come into the same directory. */
export const words = 'shot a Straße café Å é İi ﬁ 束 각 scan.h5 1'.split(' ');

/** Look like something else to a shell, a parser of options, a client of XRootD, a web server, a database, a program or a log. */
export const lookAlikes = [
  ...String.raw`
-rf --help -- - -0 --from-file=x --config @file +x = a=b -x\040y
root: root:x a?b=c ? a? authz=Bearer a&b=c & xrdcl.unzip=x oss.asize=1 :1094 xrd.wantprot=unix
%2F %2f.. %00 % %25 %s%n %0a ... .... ..a a..
~ ~root $HOME ${'${HOME}'} $(id) ;id |id >x <x && ! ^x #x x#
\ \\ a\ \n \xff \x0a \u202e ' " '" '';-- x'/**/OR'1
* ** ?* [a] [!a] {a,b} @(a|b) !(a) +(a) (a) *.h5 [ ] { } \*
<script>alert(1)</script> <b> &lt; &#0; "><img\040onerror=alert(1)> </td> ]]> {{7*7}}
a.meta4 a.metalink a.zip a.part a~ .#a #a# .a.swp a.tmp a.lock a.fail a.cinfo
CON NUL aux.h5 lost+found __proto__ constructor toString hasOwnProperty null undefined
NaN 0 -1 1e3 true 2026-13-45 Infinity`
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => word.replace('\\040', ' ').replaceAll('/', '')),
  ...['. ', '.. ', ' ..', '.\t', '-rf *', '`id`', '\u{1F600}', '\u{10FFFF}', '\uFFFD', '\uFFFE', '\uFFFF'],
];

/** By which names differ that are easily taken for equal; and what a terminal or a log obeys. */
export const marks = [
  ...'\uFEFF|\uFEFF\uFEFF|\u200B|\u200D|\u2060|\u00AD|\u200E|\u200F|\u202E|\u2066|\u2069|\u0301|\uFE0F|\u00A0'.split(
    '|',
  ),
  ...'\u3000|\u2028|\u2029|\u0085|\u009B31m|\u202E5h.|\u2024|\u2044| |  |.|..|\t|\n|\r|\r\n|\x7f|\x01|\b\b\b'.split(
    '|',
  ),
  ...'\x1b[31m|\x1b]0;x\x07|\nERROR   forged|\r2026-01-01 ERROR forged|\\|%20|%|+|\x02'.split('|'),
];

/** Not UTF-8, or what lenient decoders make letters, slashes or surrogates of. Latin-1: a character for a byte. */
export const sequences = [
  ...'\x80|\xbf|\xff|\xfe|\xc3|\xe6\x9d|\xf0\x9f\x98|\xc0\xaf|\xc1\xbf|\xe0\x80\xaf|\xed\xa0\x80|\xed\xbf\xbf'.split(
    '|',
  ),
  ...'\xed\xa0\xbd\xed\xb8\x80|\xf4\x90\x80\x80|\xf8\x88\x80\x80\x80|\xc0\xae|\xc3\xa9|\xe9|\xef\xbb'.split(
    '|',
  ),
  ...'\xef\xbb\xbf|\xc2|\xe2\x80|\xff\xfe|\xfe\xff'.split('|'),
];

/** With which all names of ours begin. */
export const OURS = '.xrootd-archive.';

export const nearlyOurs = [
  ...['.xrootd-archive', 'x.xrootd-archive.lock', '.Xrootd-archive.lock', '.xrootd-archive\u200B.lock'],
  ...[' .xrootd-archive.x', '\uFEFF.xrootd-archive.lock', '.xrootd\u2010archive.lock', 'xrootd-archive.lock'],
];

export const ourNames = [
  ...'removing.shot|removing.a|removing.|removing-0123456789abcdef01234567|incoming.0123|displaced.x'.split(
    '|',
  ),
  ...'replaced.x|lock|lock.0-of-4|verified|staged|service|retention|catalogue|catalogue-wal|x|'.split('|'),
].map((name) => OURS + name);
