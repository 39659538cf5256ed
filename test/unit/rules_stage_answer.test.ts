import assert from 'node:assert/strict';
import fc from 'fast-check';
import { answerPath, parseStageAnswer } from '../../lib/rules/stage_answer.js';

const answers = (text: string) => Object.fromEntries(parseStageAnswer(text));

const cta = `{"request_id":"7c9e:42","responses":[
{"path":"/eos/a/1.h5","path_exists":true,"on_tape":true,"online":false,"requested":true,"has_reqid":true,"req_time":"1780000000","error_text":""},
{"path":"/eos//a/2.h5","path_exists":true,"on_tape":true,"online":true,"requested":false,"has_reqid":false,"req_time":"","error_text":"archive failed: \\"disk full\\" ]}"},
{"path":"/eos/a/3.h5","exists":false,"on_tape":false,"online":false,"requested":false,"error_text":"No such file or directory"}
]}`;

describe('answers to a stage query', () => {
  it('are read as EOS and CTA write them, old and new', () => {
    assert.deepEqual(answers(cta), {
      '/eos/a/1.h5': { exists: true, onTape: true, online: false, requested: true, hasRequest: true },
      '/eos/a/2.h5': {
        ...{ exists: true, onTape: true, online: true, requested: false, hasRequest: false },
        error: 'archive failed: "disk full" ]}',
      },
      '/eos/a/3.h5': {
        ...{ exists: false, onTape: false, online: false, requested: false },
        error: 'No such file or directory',
      },
    });
  });

  const table: [title: string, text: string, expected: object][] = [
    ['nothing', '', {}],
    ['plain text', 'Request 7c9e:42 not found.', {}],
    ['text that quotes JSON', 'answer: {"responses":[{"path":"/a","online":true}]}', {}],
    ['a list', '[{"path":"/a","online":true}]', {}],
    ['null', 'null', {}],
    ['no responses', '{"request_id":"x"}', {}],
    ['responses that are no list', '{"responses":{"path":"/a","online":true}}', {}],
    ['responses of something else', '{"x":{"responses":[{"path":"/a"}]},"y":[{"path":"/b"}]}', {}],
    ['an empty list', '{"responses":[]}', {}],
    ['elements that are no objects', '{"responses":[1,null,"/a",["/b"],{"path":"/c"}]}', { '/c': {} }],
    ['no path', '{"responses":[{"online":true},{"path":""},{"path":7},{"path":"/c"}]}', { '/c': {} }],
    [
      'wrong types',
      '{"responses":[{"path":"/a","online":"yes","on_tape":1,"requested":null,"path_exists":[],"error_text":{}}]}',
      { '/a': {} },
    ],
    ['blank errors', '{"responses":[{"path":"/a","error_text":" \\n"}]}', { '/a': {} }],
    [
      'a path twice: the first counts',
      '{"responses":[{"path":"/a/b","online":true},{"path":"/a//b","online":false}]}',
      { '/a/b': { online: true } },
    ],
    [
      'an element that is broken',
      '{"responses":[{"path":"/a",},{"path":"/b","x":{"y":[{"path":"/n"}]}}]}',
      { '/b': {} },
    ],
    [
      'something before, and unknown fields',
      '\n {"id":"\\"responses\\"","list":[{"path":"/x"}],"responses":[{"path":"/a","a]}":"{["}]} trailing',
      { '/a': {} },
    ],
    [
      'a name like a property of objects',
      '{"responses":[{"path":"__proto__"}]}',
      Object.fromEntries([['__proto__', {}]]),
    ],
  ];
  for (const [title, text, expected] of table) {
    it(title, () => {
      assert.deepEqual(answers(text), expected);
    });
  }

  it('know paths with one slash', () => {
    assert.equal(answerPath('//eos///a//b/'), '/eos/a/b/');
  });

  const response = fc.record(
    {
      path: fc.oneof(fc.constantFrom('/a', '//a', '/a/b', '/"}]{['), fc.string()),
      path_exists: fc.oneof(fc.boolean(), fc.string()),
      exists: fc.boolean(),
      on_tape: fc.boolean(),
      online: fc.oneof(fc.boolean(), fc.constant(null)),
      requested: fc.boolean(),
      error_text: fc.oneof(fc.string(), fc.constantFrom('"', '\\', '}', '{"path":"/x"}', ']}')),
    },
    { requiredKeys: [] },
  );
  const whole = fc
    .tuple(fc.array(response, { maxLength: 6 }), fc.constantFrom(undefined, 1))
    .map(([responses, space]) => JSON.stringify({ request_id: 'a"b\\', responses }, null, space));

  it('that were cut give some of the whole, and nothing else', () => {
    fc.assert(
      fc.property(whole, fc.double({ min: 0, max: 1, noNaN: true }), (text, part) => {
        const all = parseStageAnswer(text);
        for (const [path, answer] of parseStageAnswer(text.slice(0, Math.floor(text.length * part))))
          assert.deepEqual(answer, all.get(path));
      }),
    );
    for (let length = 0; length <= cta.length; length++) {
      const all = parseStageAnswer(cta);
      for (const [path, answer] of parseStageAnswer(cta.slice(0, length)))
        assert.deepEqual(answer, all.get(path), `${length}`);
    }
  });

  it('keep every response that is whole', () => {
    const lines = cta.split('\n');
    for (const [kept, files] of [
      [2, 1],
      [3, 2],
      [4, 3],
    ] as const)
      assert.equal(parseStageAnswer(`${lines.slice(0, kept).join('\n')}\n{"path":"/x","onl`).size, files);
  });

  it('are JSON’s own wherever that is valid', () => {
    fc.assert(
      fc.property(whole, (text) => {
        const { responses } = JSON.parse(text) as { responses: { path?: string }[] };
        const paths = responses.flatMap(({ path }) => (path ? [answerPath(path)] : []));
        assert.deepEqual([...parseStageAnswer(text).keys()], [...new Set(paths)]);
      }),
    );
  });

  it('never make it throw, and are read in linear time', () => {
    const junk = fc.string({
      unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', '"responses"', '"path"', 'a', ' '),
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.oneof(junk, fc.string({ unit: 'binary' })), (text) => void parseStageAnswer(text)),
    );
    for (const text of [
      '{"a":"'.padEnd(5e6, 'x\\"'),
      '{"responses":['.padEnd(1e6, '{'),
      '{'.padEnd(1e6, '"'),
    ])
      assert.equal(parseStageAnswer(text).size, 0);
  });
});
