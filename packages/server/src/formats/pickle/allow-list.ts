import { FRAMEWORKS } from './allow-frameworks.ts';
import { SKLEARN } from './allow-sklearn.ts';
import { SKLEARN_OLD } from './allow-sklearn-old.ts';

/**
 * Python's own, numpy's, scipy's and pandas' parts of ordinary models. Exact names only: data types, and functions that
 * make data of data. Not here, though seen in the wild: getattr (reaches everything; see attributes.ts), functools.partial (carries a call
 * for later), map and filter (call what they are given), type (makes classes), scipy.stats distributions (their state
 * is executed), numpy's _ufunc_reconstruct (imports by text).
 */
const BASE: Record<string, string> = {
  builtins:
    'object int float complex bool str bytes bytearray list tuple dict set frozenset slice range Ellipsis ' +
    'NotImplemented Exception ValueError TypeError KeyError',
  collections: 'OrderedDict defaultdict Counter deque',
  copyreg: '_reconstructor',
  _codecs: 'encode',
  datetime: 'date datetime time timedelta timezone tzinfo',
  decimal: 'Decimal',
  zoneinfo: 'ZoneInfo',
  fractions: 'Fraction',
  uuid: 'UUID SafeUUID',
  pathlib: 'PosixPath WindowsPath PurePosixPath PureWindowsPath',
  'pathlib._local': 'PosixPath WindowsPath PurePosixPath PureWindowsPath',
  types: 'NoneType SimpleNamespace',
  numpy:
    'ndarray dtype matrix recarray record bool bool_ object_ str_ bytes_ void int8 int16 int32 int64 uint8 uint16 ' +
    'uint32 uint64 int_ intc intp longlong uint uintc uintp ulonglong float16 float32 float64 longdouble float128 ' +
    'complex64 complex128 clongdouble complex256 datetime64 timedelta64 generic number integer floating nan ' +
    'absolute add arctan cbrt ceil cos cosh exp exp2 expm1 fabs floor log log10 log1p log2 maximum mean median minimum ' +
    'multiply negative power reciprocal rint sign sin sinh sqrt square subtract sum tan tanh true_divide divide',
  'numpy.core.multiarray': '_reconstruct scalar',
  'numpy._core.multiarray': '_reconstruct scalar',
  'numpy._core._internal': '_convert_to_stringdtype_kwargs',
  'numpy.core.numeric': '_frombuffer',
  'numpy._core.numeric': '_frombuffer',
  'numpy.core.fromnumeric': 'mean sum',
  'numpy.core.records': 'recarray record',
  'numpy.strings': 'capitalize lower lstrip rstrip strip title upper',
  'numpy.rec': 'recarray record',
  'numpy._core.records': 'recarray record',
  'numpy.matrixlib.defmatrix': 'matrix',
  'numpy.ma.core': 'MaskedArray _mareconstruct MaskedConstant',
  'numpy.ma': 'MaskedArray',
  'numpy.polynomial.polynomial': 'Polynomial',
  'numpy.random': 'RandomState Generator',
  'numpy.random.mtrand': 'RandomState __RandomState_ctor',
  'numpy.random._generator': 'Generator',
  'numpy.random._pickle': '__randomstate_ctor __generator_ctor __bit_generator_ctor',
  'numpy.random._mt19937': 'MT19937',
  'numpy.random._pcg64': 'PCG64 PCG64DXSM',
  'numpy.random._philox': 'Philox',
  'numpy.random._sfc64': 'SFC64',
  'numpy.random.bit_generator': 'SeedSequence __pyx_unpickle_SeedSequence',
  'numpy.random._bit_generator': 'SeedSequence __pyx_unpickle_SeedSequence',
  'numpy.dtypes': 'Float64DType Float32DType Int64DType Int32DType BoolDType ObjectDType StrDType BytesDType',
  'joblib.numpy_pickle': 'NumpyArrayWrapper',
  'sklearn.externals.joblib.numpy_pickle': 'NumpyArrayWrapper',
  'scipy.sparse': 'csr_matrix csc_matrix coo_matrix bsr_matrix dia_matrix dok_matrix lil_matrix',
  'scipy.sparse._csr': 'csr_matrix csr_array',
  'scipy.sparse._csc': 'csc_matrix csc_array',
  'scipy.sparse._coo': 'coo_matrix coo_array',
  'scipy.sparse._bsr': 'bsr_matrix bsr_array',
  'scipy.sparse._dia': 'dia_matrix dia_array',
  'scipy.sparse._dok': 'dok_matrix dok_array',
  'scipy.sparse._lil': 'lil_matrix lil_array',
  'scipy.sparse.csr': 'csr_matrix',
  'scipy.sparse.csc': 'csc_matrix',
  'scipy.sparse.coo': 'coo_matrix',
  'scipy.sparse.bsr': 'bsr_matrix',
  'scipy.sparse.dia': 'dia_matrix',
  'scipy.sparse.dok': 'dok_matrix',
  'scipy.sparse.lil': 'lil_matrix',
  'scipy.interpolate._interpolate': 'interp1d PPoly',
  'scipy.interpolate.interpolate': 'interp1d PPoly',
  'scipy.interpolate._bsplines': 'BSpline',
  'scipy.spatial._ckdtree': 'cKDTree',
  'scipy.spatial._kdtree': 'KDTree',
  'scipy.special._ufuncs': 'expit logit',
  'scipy._lib.array_api_compat.numpy._aliases': 'asarray',
  pandas:
    'DataFrame Series Index RangeIndex MultiIndex CategoricalIndex DatetimeIndex TimedeltaIndex PeriodIndex ' +
    'IntervalIndex Categorical CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype SparseDtype StringDtype ' +
    'BooleanDtype Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype ' +
    'Float32Dtype Float64Dtype Interval Period Timestamp Timedelta NA NaT',
  'pandas.arrays':
    'BooleanArray IntegerArray FloatingArray StringArray DatetimeArray TimedeltaArray PeriodArray IntervalArray ' +
    'SparseArray NumpyExtensionArray ArrowStringArray ArrowExtensionArray',
  'pandas._libs.tslibs.offsets':
    'Day Hour Minute Second Milli Micro Nano BusinessDay Week MonthEnd MonthBegin BusinessMonthEnd ' +
    'BusinessMonthBegin QuarterEnd QuarterBegin YearEnd YearBegin',
  'pandas.core.indexes.interval': 'IntervalIndex _new_IntervalIndex',
  'pandas.core.indexes.timedeltas': 'TimedeltaIndex _new_TimedeltaIndex',
  'pandas._libs.sparse': 'IntIndex BlockIndex',
  'pandas._libs.interval': '__pyx_unpickle_IntervalMixin',
  'pandas.core.frame': 'DataFrame',
  'pandas.core.series': 'Series',
  'pandas.core.indexes.base': 'Index _new_Index',
  'pandas.core.indexes.range': 'RangeIndex',
  'pandas.core.indexes.numeric': 'Int64Index UInt64Index Float64Index',
  'pandas.core.indexes.multi': 'MultiIndex',
  'pandas.core.indexes.datetimes': 'DatetimeIndex _new_DatetimeIndex',
  'pandas.core.indexes.category': 'CategoricalIndex',
  'pandas.core.indexes.frozen': 'FrozenList',
  'pandas.core.internals.managers': 'BlockManager SingleBlockManager',
  'pandas.core.internals.blocks': 'new_block',
  'pandas._libs.internals': '_unpickle_block BlockPlacement',
  'pandas._libs.arrays': '__pyx_unpickle_NDArrayBacked',
  'pandas._libs.tslibs.timestamps': '_unpickle_timestamp Timestamp',
  'pandas._libs.tslibs.timedeltas': '_timedelta_unpickle Timedelta',
  'pandas._libs.tslibs.nattype': '_nat_unpickle',
  'pandas._libs.missing': 'NAType NA',
  'pandas.core.arrays.categorical': 'Categorical',
  'pandas.core.arrays.datetimes': 'DatetimeArray',
  'pandas.core.arrays.string_': 'StringArray StringDtype',
  'pandas.core.arrays.boolean': 'BooleanArray BooleanDtype',
  'pandas.core.arrays.integer': 'IntegerArray Int64Dtype Int32Dtype',
  'pandas.core.dtypes.dtypes': 'CategoricalDtype DatetimeTZDtype IntervalDtype NumpyEADtype PeriodDtype SparseDtype',
};

const ALLOWED = new Map<string, Set<string>>();
for (const list of [BASE, SKLEARN, SKLEARN_OLD, FRAMEWORKS]) {
  for (const [module, names] of Object.entries(list)) {
    const known = ALLOWED.get(module);
    ALLOWED.set(module, new Set([...(known ?? []), ...names.split(' ')]));
  }
}

/** Whether this exact name is known to be data, or to make nothing but data. */
export function isAllowed(module: string, name: string): boolean {
  return ALLOWED.get(module)?.has(name) ?? false;
}

/** Every allowed (module, name), for the tests that hold the lists against each other. */
export function* allowedNames(): Generator<[module: string, name: string]> {
  for (const [module, names] of ALLOWED) for (const name of names) yield [module, name];
}
