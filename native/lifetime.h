// The end of the process.
#pragma once

// Once a process, when the addon is first loaded: after libXrdCl's static objects were made, so that ours ends first.
void GuardProcessExit();
