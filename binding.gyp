# Sources and flags come from native/sources.json, as in CMakeLists.txt (docs/building.md).
# -lnode: Debian's node-gyp links Debian's Node.js itself, which would be a second one in the process of any other Node.js.
{
  'variables': {
    'has_server%': '<!(node scripts/build-info.cjs has-server)',
  },
  'target_defaults': {
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti'],
    'cflags_cc': ['-std=gnu++<!(node scripts/build-info.cjs standard)'],
    'xcode_settings': {
      'GCC_ENABLE_CPP_EXCEPTIONS': 'YES',
      'GCC_ENABLE_CPP_RTTI': 'YES',
      'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
      'CLANG_CXX_LIBRARY': 'libc++',
      'CLANG_CXX_LANGUAGE_STANDARD': 'gnu++<!(node scripts/build-info.cjs standard)',
      'MACOSX_DEPLOYMENT_TARGET': '11.0',
    },
    'configurations': {
      'Debug': {'defines': ['<!@(node scripts/build-info.cjs xrootd_archive debug-defines)']},
    },
  },
  'targets': [
    {
      'target_name': 'xrootd_archive',
      'sources': ['<!@(node scripts/build-info.cjs xrootd_archive sources)'],
      'defines': ['<!@(node scripts/build-info.cjs xrootd_archive defines)'],
      'include_dirs': [
        'native',
        '<!(node -p "require(\'node-addon-api\').include_dir")',
        '<!@(node scripts/build-info.cjs xrootd_archive include)',
      ],
      'cflags': ['<!@(node scripts/build-info.cjs xrootd_archive cflags)'],
      'ldflags': ['<!@(node scripts/build-info.cjs xrootd_archive ldflags)'],
      'libraries!': ['-lnode'],
      'libraries': ['<!@(node scripts/build-info.cjs xrootd_archive libraries)'],
      'xcode_settings': {
        'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/build-info.cjs xrootd_archive cflags)'],
        'OTHER_LDFLAGS': ['<!@(node scripts/build-info.cjs xrootd_archive ldflags)'],
      },
    },
  ],
  'conditions': [
    ['has_server=="yes"', {
      'targets': [
        {
          'target_name': 'tape_plugin',
          'type': 'loadable_module',
          'target_conditions': [['1==1', {'product_extension': 'so'}]],
          'sources': ['<!@(node scripts/build-info.cjs tape_plugin sources)'],
          'defines': ['<!@(node scripts/build-info.cjs tape_plugin defines)'],
          'include_dirs': ['<!@(node scripts/build-info.cjs tape_plugin include)'],
          'cflags': ['<!@(node scripts/build-info.cjs tape_plugin cflags)'],
          'ldflags': ['<!@(node scripts/build-info.cjs tape_plugin ldflags)'],
          'libraries!': ['-lnode'],
          'libraries': ['<!@(node scripts/build-info.cjs tape_plugin libraries)'],
          'xcode_settings': {
            'OTHER_CPLUSPLUSFLAGS': ['<!@(node scripts/build-info.cjs tape_plugin cflags)'],
            'OTHER_LDFLAGS': ['<!@(node scripts/build-info.cjs tape_plugin ldflags)'],
          },
        },
        {
          'target_name': 'tape_prepare',
          'type': 'executable',
          'sources': ['<!@(node scripts/build-info.cjs tape_prepare sources)'],
          'defines': ['<!@(node scripts/build-info.cjs tape_prepare defines)'],
          'cflags': ['<!@(node scripts/build-info.cjs tape_prepare cflags)'],
          'ldflags': ['<!@(node scripts/build-info.cjs tape_prepare ldflags)'],
          'libraries!': ['-lnode'],
          'libraries': ['<!@(node scripts/build-info.cjs tape_prepare libraries)'],
        },
        {
          'target_name': 'tape_launch',
          'type': 'executable',
          'sources': ['<!@(node scripts/build-info.cjs tape_launch sources)'],
          'defines': ['<!@(node scripts/build-info.cjs tape_launch defines)'],
          'cflags': ['<!@(node scripts/build-info.cjs tape_launch cflags)'],
          'ldflags': ['<!@(node scripts/build-info.cjs tape_launch ldflags)'],
          'libraries!': ['-lnode'],
          'libraries': ['<!@(node scripts/build-info.cjs tape_launch libraries)'],
        },
      ],
    }],
  ],
}
