/**
 * Names known to run code, reach the system or the network, or load another file. Whatever is not here and not on the
 * allow-list is suspicious anyway; this list decides which of them are called unsafe. A module stands for its
 * submodules too.
 */
const MODULES = new Set(
  `
  os posix nt posixpath ntpath subprocess _posixsubprocess _winapi winreg pty tty commands popen2 shutil sys runpy
  importlib imp _imp _frozen_importlib _frozen_importlib_external pkgutil pkg_resources zipimport zipapp modulefinder
  ctypes _ctypes cffi _cffi_backend mmap fcntl resource pwd crypt
  code codeop marshal pickle _pickle cPickle pickletools dill cloudpickle shelve dbm
  timeit trace cProfile profile pstats bdb pdb doctest unittest test.support pydoc _pyrepl idlelib lib2to3 turtledemo
  pip ensurepip venv virtualenv site sitecustomize usercustomize setuptools distutils _distutils_hack wheel
  webbrowser antigravity this tkinter turtle
  socket _socket socketserver ssl _ssl select selectors asyncore asynchat asyncio _asyncio
  http urllib urllib2 urllib3 httplib requests httpx aiohttp ftplib smtplib smtpd telnetlib poplib imaplib nntplib
  xmlrpc paramiko fabric pexpect ptyprocess plumbum wsgiref cgi cgitb
  multiprocessing _multiprocessing concurrent threading _thread thread signal _signal sched atexit faulthandler
  inspect gc symtable compileall py_compile tracemalloc
  tempfile fileinput linecache tarfile zipfile sqlite3 _sqlite3 readline rlcompleter cmd
  IPython ipykernel jupyter_client nbformat pytest _pytest nose
  jinja2 mako sympy.parsing sympy.utilities.lambdify
  joblib.memory joblib.parallel joblib.externals joblib._parallel_backends joblib.func_inspect joblib.test
  numpy.f2py numpy.distutils numpy.testing numpy.ctypeslib numpy.lib.npyio numpy.lib._npyio_impl numpy.lib.format
  numpy.lib._format_impl numpy.tests
  scipy.io scipy.weave scipy._lib._ccallback scipy._lib.deprecation
  pandas.io pandas.core.computation pandas._testing
  sklearn.utils._testing sklearn.datasets sklearn._build_utils
  torch.serialization torch.hub torch.package torch.multiprocessing torch.distributed.rpc torch.distributed.elastic
  torch.distributed.run torch.distributed.launch torch.utils.cpp_extension torch.utils.collect_env
  torch.utils.bottleneck torch.utils.model_zoo torch.utils.bundled_inputs torch._dynamo torch._inductor torch.fx
  torch.testing torch.library
  tensorflow.io tensorflow.python.platform keras.src.legacy
  transformers.dynamic_module_utils huggingface_hub
  `
    .trim()
    .split(/\s+/),
);

/** By module: the names that are unsafe where the rest of the module is not. */
const NAMES: Record<string, string> = {
  // getattr reaches every attribute of everything imported, so it is never a mere look-up; open reads and truncates files.
  builtins:
    'eval exec compile getattr setattr delattr __import__ open input globals locals vars breakpoint exit quit apply ' +
    'execfile file reload raw_input __build_class__ __loader__ __spec__ __dict__ help copyright credits license',
  _io: 'open FileIO open_code',
  io: 'open FileIO open_code',
  _pyio: 'open FileIO open_code',
  codecs: 'open',
  operator: 'attrgetter methodcaller call',
  _operator: 'attrgetter methodcaller call',
  types:
    'CodeType FunctionType LambdaType MethodType BuiltinFunctionType ModuleType GeneratorType new_class prepare_class',
  typing: 'get_type_hints',
  dataclasses: 'make_dataclass',
  string: 'Formatter',
  copyreg: 'add_extension pickle constructor remove_extension',
  logging: 'config FileHandler handlers',
  'logging.config': 'fileConfig dictConfig listen valid_ident _resolve',
  platform: 'popen _syscmd_ver _syscmd_file _syscmd_uname',
  pathlib: 'Path.open Path.write_text Path.write_bytes Path.unlink',
  uuid: '_get_command_stdout _popen',
  weakref: 'finalize',
  'xml.etree.ElementTree': 'parse',
  numpy: 'load loads loadtxt fromfile genfromtxt save savez savetxt memmap DataSource fromregex',
  'numpy._core._ufunc_config': '_ufunc_reconstruct',
  'numpy._core': '_ufunc_reconstruct',
  'numpy.core': '_ufunc_reconstruct',
  'numpy._core.records': 'fromfile',
  'numpy.core.records': 'fromfile',
  'numpy.core.memmap': 'memmap',
  'numpy._core.memmap': 'memmap',
  pandas: 'read_pickle read_csv read_html read_json read_sql read_hdf read_parquet read_table eval ExcelWriter',
  'pandas.core.frame': 'DataFrame.eval DataFrame.query DataFrame.to_pickle',
  // rv_generic.__setstate__ executes the text in its own _parse_arg_template: every distribution object is a program.
  'scipy.stats._distn_infrastructure': 'rv_generic rv_continuous rv_discrete rv_sample',
  joblib: 'load Memory Parallel delayed dump',
  'joblib.numpy_pickle': 'load dump _unpickle NumpyUnpickler load_temporary_memmap',
  'joblib.numpy_pickle_compat': 'load_compatibility ZipNumpyUnpickler NDArrayWrapper ZNDArrayWrapper',
  'joblib.numpy_pickle_utils': '_read_fileobject',
  'sklearn.externals.joblib': 'load Memory Parallel dump',
  skops: 'io',
  'skops.io': 'load loads',
  torch: 'load save compile classes ops _C',
  'torch.jit': 'load save script trace',
  // Loads the bytes that it is given as another pickle.
  'torch.storage': '_load_from_bytes',
  'xgboost.core': '_load_lib',
  tensorflow: 'load_library load_op_library',
  'keras.layers': 'Lambda',
  'keras.models': 'load_model',
  sympy: 'sympify lambdify',
  yaml: 'load load_all full_load unsafe_load unsafe_load_all',
  numexpr: 'evaluate',
  functools: 'partialmethod singledispatch',
};

/** Steps of a dotted name that lead from any object to the interpreter's insides. */
const ATTRIBUTES = new Set(
  `
  __globals__ __builtins__ __subclasses__ __mro__ __bases__ __base__ __class__ __dict__ __code__ __init__ __call__
  __getattribute__ __getattr__ __import__ __loader__ __spec__ __closure__ __func__ __self__ __reduce__ __reduce_ex__
  system popen spawnl spawnv execv execve execl fork eval exec compile Popen run call check_call check_output getoutput
  getstatusoutput import_module load_module exec_module modules open write_text write_bytes unlink remove rmtree
  `
    .trim()
    .split(/\s+/),
);

const BY_MODULE = new Map(Object.entries(NAMES).map(([module, names]) => [module, new Set(names.split(' '))]));
BY_MODULE.set('__builtin__', BY_MODULE.get('builtins')!);
BY_MODULE.set('__builtins__', BY_MODULE.get('builtins')!);

export function isUnsafe(module: string, name: string): boolean {
  if (BY_MODULE.get(module)?.has(name)) return true;
  for (let end = module.length; end > 0; end = module.lastIndexOf('.', end - 1)) {
    if (MODULES.has(module.slice(0, end))) return true;
  }
  return false;
}

export function isUnsafeAttribute(name: string): boolean {
  return ATTRIBUTES.has(name) || MODULES.has(name);
}
