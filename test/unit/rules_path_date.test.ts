import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pathDate } from '../../lib/rules/path_date.js';

describe('dates in paths', () => {
  const table: [pattern: string, path: string, end: string | undefined][] = [
    ['%Y/%m/%d', '2023/05/17/shot.h5', '2023-05-18'],
    ['%Y/%m/%d', '2023/05/17', '2023-05-18'],
    ['%Y/%m/%d', '2023/12/31/x', '2024-01-01'],
    ['%Y/%m/%d', '2024/02/29/x', '2024-03-01'],
    ['%Y/%m/%d', '2023/02/29/x', undefined],
    ['%Y/%m/%d', '2023/13/01/x', undefined],
    ['%Y/%m/%d', '2023/00/10/x', undefined],
    ['%Y/%m/%d', '0050/01/01/x', undefined],
    ['%Y/%m/%d', '2023/5/17/x', undefined],
    ['%Y/%m/%d', 'raw/2023/05/17/x', undefined],
    ['%Y/%m/%d', '2023/05/17x', undefined],
    ['%Y/%m/%d', '2023/05/170/x', undefined],
    ['%Y/%m', '2023/02/x', '2023-03-01'],
    ['%Y/%m', '2023/12/x', '2024-01-01'],
    ['%Y', '2023/x', '2024-01-01'],
    ['%Y', '20234/x', undefined],
    ['shots/%Y-%m-%d*', 'shots/2023-05-17_0001.h5', '2023-05-18'],
    ['shots/%Y-%m-%d', 'shots/2023-05-17_0001.h5', undefined],
    ['*%Y%m%d*', 'run20230517.h5', '2023-05-18'],
    ['*%Y%m%d*', 'run20230517120000.h5', undefined],
    ['*/%Y', 'mast/2023/x', '2024-01-01'],
    ['*/%Y', 'a/b/2023/x', undefined],
    ['**/%Y/%m', 'a/b/2023/05/x', '2023-06-01'],
    ['**/%Y/%m', '2023/05/x', '2023-06-01'],
    ['**/%Y', '2001/2020/x', '2021-01-01'],
    ['100%%/%Y', '100%/2023/x', '2024-01-01'],
    ['a.b/%Y', 'axb/2023/x', undefined],
    ['%d.%m.%Y', '17.05.2023/x', '2023-05-18'],
  ];
  for (const [pattern, path, end] of table)
    it(`${pattern} in ${path}: ${end ?? 'none'}`, () => {
      const found = pathDate(pattern)(path);
      assert.equal(found?.toISOString(), end && `${end}T00:00:00.000Z`);
    });

  const wrong: [pattern: string, message: RegExp][] = [
    ['%m/%d', /^must have a year, %Y$/],
    ['%Y/%d', /^has a day, %d, without a month, %m$/],
    ['%Y/%Y', /^has %Y more than once$/],
    ['%Y/%H', /^has %H; known are/],
    ['%Y/%', /^has %; known are/],
    ['/data/%Y', /^is absolute/],
  ];
  for (const [pattern, message] of wrong)
    it(`refuses ${pattern}`, () => {
      assert.throws(() => pathDate(pattern), { message });
    });

  it('is over at the end of its day, whatever stands around it', () => {
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-30'), noInvalidDate: true });
    fc.assert(
      fc.property(day, fc.stringMatching(/^[a-z_.]{0,8}$/), (date, text) => {
        const iso = date.toISOString().slice(0, 10);
        const end = pathDate('*/*%Y-%m-%d*')(`d${text}/${text}${iso}${text}`);
        assert.equal(end?.getTime(), Date.parse(iso) + 86_400_000);
      }),
    );
  });
});
