/** Options of `config init`, of which the file is made. */
import { Option } from 'commander';
import { overrideOptions, type ConfigOptions } from '../options.js';

export type InitOptions = ConfigOptions & {
  output: string;
  force?: boolean;
  copyCronString?: string;
  timezoneStr?: string;
};

/** Those that choose what the file says; each has its key as attribute. */
export function ownOptions(): Option[] {
  const schedule: [flags: string, description: string, key: string][] = [
    ['--cron <schedule>', 'when the service begins passes, as five fields of cron', 'copyCronString'],
    ['--timezone <zone>', 'the time zone of that', 'timezoneStr'],
  ];
  const more = schedule.map(([flags, description, key]) => {
    const option = new Option(flags, description);
    option.attributeName = () => key;
    return option;
  });
  return [...overrideOptions(), ...more];
}
